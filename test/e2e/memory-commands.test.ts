/** `openclaw memory` as a person runs it: beside a gateway that serves, from elsewhere, and where none runs. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { openHome } from '../../cli/recorded-terminal.js';
import { resolveHome } from '../../server/config/home.js';
import type { Client } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const say = async (client: Client, message: string): Promise<void> => {
  await client.complete((await client.call('chat.send', { message })).message_id);
};

/** A gateway with a message in it, and commands of its home. */
const setUp = async (t: TestContext, config = engine(0)) => {
  const under = await startTestGateway(t, { config });
  const client = await under.login();
  await say(client, 'a cat named Swordfish');
  const { run } = openHome(t);
  const command = (args: readonly string[], conditions: Parameters<typeof run>[1] = {}) =>
    run(['memory', ...args], { ...conditions, env: { OPENCLAW_HOME: under.home.dir, ...conditions.env } });
  return { under, client, command, stop: () => Promise.all([under.gateway.close(), under.gateway.close()]) };
};

const contentsOf = (path: string): string[] => {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.prepare<[], string>('SELECT content FROM messages ORDER BY channel, seq').pluck().all();
  } finally {
    db.close();
  }
};

test(`${req('P4-memory-admin')} every command says the same through a gateway and without one`, async (t) => {
  const { command, stop } = await setUp(t);
  const dir = temporaryFolder(t);
  const answers = async () => {
    const json = async (args: string[]) => {
      const { status, stdout, stderr } = await command([...args, '--json']);
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
      return JSON.parse(stdout);
    };
    const { database_bytes: _size, log_bytes: _log, free_bytes: _free, ...stats } = await json(['stats']);
    const { duration_ms: _checkMs, ...check } = await json(['check']);
    const {
      duration_ms: _backupMs,
      bytes: _bytes,
      ...backup
    } = await json(['backup', join(dir, 'b.db'), '--force']);
    const { freed_bytes } = await json(['vacuum']);
    assert.ok(freed_bytes >= 0);
    const exported = await command(['export']);
    assert.deepEqual([exported.status, exported.stderr], [0, '']);
    return { stats, check, backup, exported: exported.stdout };
  };
  const live = await answers();
  await stop();
  assert.deepEqual(await answers(), live);
  assert.deepEqual([live.stats.messages, live.check.ok], [2, true]);
  assert.equal(live.exported.split('\n').length, 5);
});

for (const gateway of ['a gateway', 'no gateway']) {
  test(`${req('P4-memory-admin')} with ${gateway} a backup goes to the file, private, and over none without --force`, async (t) => {
    const { under, command, client, stop } = await setUp(t);
    if (gateway === 'no gateway') await stop();
    const dir = temporaryFolder(t);
    const file = join(dir, 'b.db');
    const made = await command(['backup', file]);
    assert.deepEqual([made.status, made.stderr], [0, '']);
    assert.match(made.stdout, /\/b\.db \(\d.* KiB, 1 channel, 2 messages\)\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(contentsOf(file)[0], 'a cat named Swordfish');
    assert.deepEqual(readdirSync(dir), ['b.db']);
    assert.deepEqual(readdirSync(join(under.home.dir, 'backups')), [], 'it was moved');
    if (gateway === 'a gateway') await say(client, 'more');
    const before = readFileSync(file);
    const refused = await command(['backup', file]);
    assert.deepEqual([refused.status, refused.stdout], [1, '']);
    assert.match(refused.stderr, /^\S+b\.db is there already: .*--force.*\n$/);
    assert.deepEqual(readFileSync(file), before);
    assert.equal((await command(['backup', file, '--force'])).status, 0);
    assert.equal(contentsOf(file).length, gateway === 'a gateway' ? 4 : 2);
    const kept = await command(['backup']);
    assert.ok(existsSync(/^(\S+\/backups\/\S+) /.exec(kept.stdout)?.[1] ?? ''));
    const nowhere = await command(['backup', join(dir, 'missing', 'b.db')]);
    assert.deepEqual([nowhere.status, nowhere.stdout], [1, '']);
    assert.match(nowhere.stderr, /cannot be written: no such file or directory; name another file\.\n$/);
  });
}

test(`${req('P4-memory-admin')} an export goes into a file and from there into another home, running or not`, async (t) => {
  const { command } = await setUp(t);
  const dir = temporaryFolder(t);
  const file = join(dir, 'e.jsonl');
  const made = await command(['export', file, '--principal', 'local', '--channel', 'default']);
  assert.deepEqual([made.status, made.stdout], [0, '']);
  assert.match(made.stderr, /^4 lines in \S+e\.jsonl\.\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await command(['export', file])).status, 1);
  assert.deepEqual(readdirSync(dir), ['e.jsonl']);
  for (const [only, sentence] of [
    [
      ['--channel', 'nope'],
      /^There is no channel with the id nope: `openclaw channel list` shows yours\.\n$/,
    ],
    [
      ['--channel', 'nope', '--principal', 'eve'],
      /^There is no channel with the id nope of the principal eve: /,
    ],
    [['--principal', 'eve'], /^Nothing is remembered of the principal eve: check the name\.\n$/],
  ] as const) {
    const none = await command(['export', join(dir, 'none.jsonl'), ...only]);
    assert.deepEqual([none.status, none.stdout], [1, '']);
    assert.match(none.stderr, sentence);
    assert.deepEqual(await command(['export', ...only]), none);
  }
  assert.deepEqual(readdirSync(dir), ['e.jsonl']);

  const away = openHome(t);
  const first = await away.run(['memory', 'import', file, '--json']);
  assert.deepEqual([first.status, JSON.parse(first.stdout)], [0, { imported: 3, skipped: 0, refused: 0 }]);
  const again = await away.run(['memory', 'import', '-'], { input: readFileSync(file, 'utf8') });
  assert.deepEqual(again, { status: 0, stdout: '0 imported, 3 there already.\n', stderr: '' });
  const client = await (await startTestGateway(t, { homeDir: away.home })).login();
  const { messages } = await client.call('chat.history');
  assert.equal(messages[0].content, 'a cat named Swordfish');
  const live = await away.run(['memory', 'import', file]);
  assert.deepEqual(live, { status: 0, stdout: '0 imported, 3 there already.\n', stderr: '' });
});

test(`${req('P4-memory-admin')} lines that cannot be imported are told by file and number, and nothing else is lost`, async (t) => {
  const { command } = await setUp(t, engine(0, { max_message_bytes: 4096 }));
  const { stdout } = await command(['export']);
  const [head = '', channel = '', message = '', reply = ''] = stdout.split('\n');
  const other = (line: string) => line.replaceAll('"local"', '"ada"');
  const large = other(message).replace('Swordfish', 'x'.repeat(5000));
  const file = join(temporaryFolder(t), 'e.jsonl');
  const lines = [
    head,
    other(channel),
    '',
    large,
    'not JSON',
    other(message).replace('named', 'na\u2028med'),
    other(reply),
  ];
  writeFileSync(
    file,
    Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0xff, 0x0a]), Buffer.from(head)]),
  );
  const outcome = await command(['import', file]);
  assert.deepEqual([outcome.status, outcome.stdout], [1, '3 imported, 0 there already.\n']);
  assert.deepEqual(outcome.stderr.split('\n'), [
    `${file}:4: it is larger than the gateway takes; without a gateway there is no such limit`,
    `${file}:8: it is not UTF-8`,
    `${file}:5: it is not JSON`,
    '3 lines could not be stored: mend what is wrong and import the file again, which skips the others.',
    '',
  ]);
  const missing = await command(['import', `${file}.not`]);
  assert.deepEqual([missing.status, missing.stdout], [1, '']);
  assert.match(missing.stderr, /cannot be read: no such file or directory; .*\n$/);
});

test(`${req('P4-memory-admin')} from elsewhere a backup stays where the gateway is, and a token without admin gets nowhere`, async (t) => {
  const { under, command } = await setUp(t);
  const far = openHome(t);
  const env = { OPENCLAW_URL: under.url, OPENCLAW_TOKEN: under.token };
  const file = join(temporaryFolder(t), 'b.db');
  const refused = await far.run(['memory', 'backup', file], { env });
  assert.deepEqual([refused.status, refused.stdout], [2, '']);
  assert.match(refused.stderr, /^A gateway elsewhere keeps its backups/);
  const kept = await far.run(['memory', 'backup'], { env });
  assert.ok(kept.stdout.startsWith(join(under.home.dir, 'backups')));
  assert.ok(!existsSync(join(far.home, 'backups')));
  const token = await addToken(under, { principal: 'ada' });
  const denied = await command(['stats'], { env: { OPENCLAW_TOKEN: token } });
  assert.deepEqual([denied.status, denied.stdout], [1, '']);
  assert.match(denied.stderr, /scope admin/);
});

test(`${req('P4-memory-admin')} where there is nothing, or what is there is damaged, a sentence says what to do`, async (t) => {
  const { home: dir, run } = openHome(t);
  const home = resolveHome({ OPENCLAW_HOME: dir });
  for (const args of [['stats'], ['check'], ['vacuum'], ['export'], ['backup']]) {
    const { status, stdout, stderr } = await run(['memory', ...args]);
    assert.deepEqual([status, stdout], [1, ''], args[0]);
    assert.match(stderr, /^There is no memory in \S+ yet: .*\.\n$/);
  }
  assert.ok(!existsSync(home.databaseFile), 'and none was made by looking');
  const { under, stop, command } = await setUp(t);
  await stop();
  const bytes = readFileSync(under.home.databaseFile);
  // A page in the middle of the file.
  const page = 4096 * Math.floor(bytes.length / 4096 / 2);
  writeFileSync(under.home.databaseFile, bytes.fill(0xa5, page, page + 4096));
  const check = await command(['check', '--json']);
  assert.equal(check.status, 1);
  assert.match(check.stderr, /^The memory has \d+ problems?: .*\n$/);
  const { ok, problems } = JSON.parse(check.stdout);
  assert.equal(ok, false);
  assert.match(problems[0].advice, /backup/);
  writeFileSync(under.home.databaseFile, 'these are notes and no database');
  for (const [args, sentence] of [
    [['stats'], /not a database.*`openclaw memory check`.*\.\n$/],
    [['export'], /not an SQLite database, move it away or restore a backup/],
    [['check'], /The memory has \d+ problems?/],
  ] as const) {
    const { status, stderr } = await command(args);
    assert.equal(status, 1);
    assert.match(stderr, sentence);
  }
});

test(`${req('P4-memory-admin')} without a gateway, looking leaves an older database as it is`, async (t) => {
  const { home: dir, run } = openHome(t);
  const { databaseFile } = resolveHome({ OPENCLAW_HOME: dir });
  copyFileSync(join(import.meta.dirname, '../../../test/fixtures/database-v1.db'), databaseFile);
  const stats = await run(['memory', 'stats', '--json']);
  assert.deepEqual([JSON.parse(stats.stdout).schema_version, JSON.parse(stats.stdout).messages], [1, 4]);
  assert.equal((await run(['memory', 'check'])).stdout, 'The memory is sound.\n');
  const file = join(temporaryFolder(t), 'b.db');
  assert.equal((await run(['memory', 'backup', file])).status, 0);
  for (const path of [databaseFile, file]) {
    const db = new Sqlite(path, { readonly: true });
    assert.equal(db.pragma('user_version', { simple: true }), 1);
    db.close();
  }
});

test(`${req('P4-memory-admin')} a person sees how it goes on, and a wrong call ends with 2`, async (t) => {
  const { command } = await setUp(t);
  const file = join(temporaryFolder(t), 'e.jsonl');
  const seen = await command(['export', file], { isTTY: true });
  assert.match(seen.stderr, /Exporting … 0 s.*Exporting, 4 lines/s);
  for (const args of [['import'], ['frobnicate'], ['export', '--limit', '3'], ['backup', 'a', 'b']]) {
    const { status, stdout } = await command(args);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
  }
  const help = await command(['--help']);
  assert.equal(help.status, 0);
  for (const name of ['stats', 'backup', 'restore', 'export', 'import', 'vacuum', 'check'])
    assert.ok(help.stdout.includes(name));
});

test(`${req('P4-memory-admin')} a restore is for a home without a gateway, and keeps what was there`, async (t) => {
  const { under, command, client, stop } = await setUp(t);
  const file = join(temporaryFolder(t), 'b.db');
  assert.equal((await command(['backup', file])).status, 0);
  await say(client, 'said later');
  const running = await command(['restore', file]);
  assert.deepEqual([running.status, running.stdout], [1, '']);
  assert.match(
    running.stderr,
    /^A gateway runs in \S+: stop it, restore the backup, and start it again\.\n$/,
  );
  await stop();
  const far = await command(['restore', file], { env: { OPENCLAW_URL: under.url } });
  assert.deepEqual([far.status, far.stdout], [2, '']);
  assert.match(far.stderr, /^A backup is restored on the machine of its gateway/);
  const missing = await command(['restore', `${file}.not`]);
  assert.deepEqual([missing.status, missing.stdout], [1, '']);
  assert.match(
    missing.stderr,
    /cannot be read \(ENOENT\): name a file that `openclaw memory backup` made\.\n$/,
  );

  const restored = await command(['restore', file, '--json']);
  assert.deepEqual([restored.status, restored.stderr], [0, '']);
  const { path, channels, messages, replaced } = JSON.parse(restored.stdout);
  assert.deepEqual([path, channels, messages], [under.home.databaseFile, 1, 2]);
  assert.equal(contentsOf(path).length, 2);
  assert.equal(contentsOf(join(replaced, 'openclaw.db')).length, 4);
  // And back again: what was replaced is a database like any other.
  const back = await command(['restore', join(replaced, 'openclaw.db')]);
  assert.match(
    back.stdout,
    /^\S+\/openclaw\.db is what was backed up \(1 channel, 4 messages\)\.\nWhat was there is in \S+\.\n$/,
  );
  const again = await (await startTestGateway(t, { homeDir: under.home.dir })).login();
  assert.equal((await again.call('chat.history')).messages.length, 4);
});
