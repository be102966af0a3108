/** What docs/deployment.md tells an operator to type is typed, as it stands, around a gateway that serves and dies. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { SCHEMA_VERSION } from '../../server/backends/memory/migrations.js';
import type { Client } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { type KillableGateway, startGatewayProcess } from '../helpers/gateway-process.js';
import { GatewayProcess } from '../helpers/process.js';

/** This file runs from `dist/test/e2e`. */
const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');

/** The blocks of one language below a heading, up to the next one of its level. */
const blocks = (heading: string, language: string): readonly string[] => {
  const [, behind = ''] = PAGE.split(`\n## ${heading}\n`);
  assert.notEqual(behind, '', `the page has “${heading}”`);
  const [section = ''] = behind.split('\n## ');
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, kind, block = '']) =>
    kind === language ? [block] : [],
  );
};

/** A person's home with the command `openclaw`, and a shell in it. */
const person = (t: TestContext) => {
  const home = temporaryFolder(t);
  const bin = join(temporaryFolder(t), 'bin');
  mkdirSync(bin);
  symlinkSync(join(ROOT, 'openclaw'), join(bin, 'openclaw'));
  const path = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  /** Runs a block of the page in the shell, which ends at the first command that fails. Its output. */
  const type = async (block: string | undefined): Promise<string> => {
    assert.ok(block !== undefined, 'the page has the block');
    const shell = spawn('sh', ['-eu', '-c', block], {
      env: { PATH: path, HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    atEnd(t, () => shell.kill('SIGKILL'));
    const closed = once(shell, 'close');
    const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
    const [status] = await closed;
    assert.equal(status, 0, `${block}\n${stdout}${stderr}`);
    return stdout;
  };
  return { home, dir: join(home, '.openclaw'), type };
};

const say = async (client: Client, message: string): Promise<void> => {
  await client.complete((await client.call('chat.send', { message })).message_id);
};

const said = async (client: Client): Promise<readonly string[]> => {
  const { messages } = await client.call('chat.history');
  return messages
    .filter(({ role }: { role: string }) => role === 'user')
    .map(({ content }: { content: string }) => content);
};

const stop = async ({ process }: KillableGateway): Promise<void> => {
  process.child.kill('SIGTERM');
  assert.equal(await process.exited, 0);
};

test('backed up while it serves, its disk lost, restored: what was said is there, and every token is valid', async (t) => {
  const { home, dir, type } = person(t);
  mkdirSync(dir, { mode: 0o700 });
  const [backUp, restore, ...others] = blocks('Backup and restore', 'sh');
  assert.deepEqual(others, [], 'nothing on the page is left out here');
  const config = engine(0);
  const lost = await startGatewayProcess(t, { homeDir: dir, config });
  const token = (await type('openclaw token create --name laptop --principal ada')).trim();
  const ada = await lost.login({ token });
  await say(ada, 'remember me');
  const { channel_id } = await ada.call('channel.create', { name: 'coding' });
  await type(backUp);
  await say(ada, 'after the backup');
  // Once more, as cron does: over the one before.
  await type(backUp);
  await say(ada, 'lost with the disk');
  const folder = join(home, 'openclaw-backup');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.ok(!readFileSync(join(folder, 'tokens.toml'), 'utf8').includes(token));

  await lost.kill();
  rmSync(dir, { recursive: true });
  assert.match(await type(restore), /is what was backed up[\s\S]*The memory is sound\./);

  const found = await startGatewayProcess(t, {
    homeDir: dir,
    config: readFileSync(join(dir, 'config.toml'), 'utf8'),
  });
  const back = await found.login({ token });
  assert.deepEqual(await said(back), ['remember me', 'after the backup']);
  assert.ok(back.handshake.channels.includes(channel_id));
  assert.notEqual(found.token, lost.token, 'the token of the machine is another one');
  const wrong = await found.connect();
  const params = { client_id: 'x', client_version: '1', token: lost.token };
  assert.equal((await wrong.request('auth.handshake', params)).error.code, 4011);
});

test('upgraded and rolled back: the older database is back, with what was said since', async (t) => {
  const { dir, type } = person(t);
  mkdirSync(dir, { mode: 0o700 });
  const databaseFile = join(dir, 'openclaw.db');
  const version = (): unknown => {
    const db = new Sqlite(databaseFile, { readonly: true });
    try {
      return db.pragma('user_version', { simple: true });
    } finally {
      db.close();
    }
  };
  const [before, since, rollBack, ...others] = blocks('Upgrade and roll back', 'sh');
  assert.deepEqual(others, [], 'nothing on the page is left out here');
  copyFileSync(join(ROOT, 'test/fixtures/database-v1.db'), databaseFile);
  await type(before);
  const upgraded = await startGatewayProcess(t, { homeDir: dir, config: engine(0) });
  const client = await upgraded.login();
  const earlier = await said(client);
  assert.ok(earlier.length > 0);
  await say(client, 'said to the newer one');
  await stop(upgraded);
  assert.equal(version(), SCHEMA_VERSION);

  await type(since);
  const [restore = '', importIt = '', check = ''] = (rollBack ?? '').trim().split('\n');
  await type(restore);
  assert.equal(version(), 1, 'that of the older program');
  assert.match(await type(importIt), /^2 imported, \d+ there already\.$/m);
  await type(check);
  const rolledBack = await startGatewayProcess(t, { homeDir: dir, config: engine(0) });
  assert.deepEqual(await said(await rolledBack.login()), [...earlier, 'said to the newer one']);
});

test('an older gateway does not start on a newer database, says what the page says, and leaves it as it is', async (t) => {
  const { dir } = person(t);
  mkdirSync(dir, { mode: 0o700 });
  const databaseFile = join(dir, 'openclaw.db');
  copyFileSync(join(ROOT, 'test/fixtures/database-v1.db'), databaseFile);
  const db = new Sqlite(databaseFile);
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  const bytes = readFileSync(databaseFile);
  const gateway = new GatewayProcess(t, { homeDir: dir });
  assert.equal(await gateway.exited, 1);
  const [sentence = ''] = blocks('Upgrade and roll back', 'text');
  assert.equal(
    gateway.stderr,
    sentence
      .replace('~/.openclaw', dir)
      .replace('version 9', `version ${SCHEMA_VERSION + 1}`)
      .replace('only 8', `only ${SCHEMA_VERSION}`),
  );
  assert.deepEqual(readFileSync(databaseFile), bytes);
});

test('several gateways share nothing: a token and a session of one are unknown to the other', async (t) => {
  const [one, other] = await Promise.all([startTestGateway(t), startTestGateway(t)]);
  const { session_id } = (await one.login()).handshake;
  const stranger = await other.connect();
  const params = { client_id: 'x', client_version: '1', token: one.token };
  assert.equal((await stranger.request('auth.handshake', params)).error.code, 4011);
  const back = await other.login({ resume: { session_id } });
  assert.deepEqual([back.handshake.resumed, back.handshake.session_id === session_id], [false, false]);
});
