/** Pages of the database turn to garbage: what needs them fails, the rest is served, and nothing is thrown away. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { ask } from '../helpers/exchange.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { GatewayProcess } from '../helpers/process.js';
import { until } from '../helpers/system.js';

const LONG = `${'l'.repeat(1023)} `.repeat(4);

/** Overwrites pages of a database nobody has open. */
const damage = (path: string, pages: readonly number[]): void => {
  const db = new Sqlite(path, { readonly: true });
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const file = openSync(path, 'r+');
  for (const page of pages)
    writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, (page - 1) * pageBytes);
  closeSync(file);
};

test('a damaged page fails the calls that need it, with the cause in the log, and nothing else', {
  timeout: 60_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const path = join(homeDir, 'openclaw.db');
  const config = engine(0);
  const before = await startGatewayProcess(t, { homeDir, config });
  const writer = await before.login();
  const { channel_id: damaged } = await writer.call('channel.create');
  for (let at = 0; at < 60; at += 1) {
    const { message_id } = await writer.call('chat.send', { channel: damaged, message: `${at} ${LONG}` });
    await writer.complete(message_id);
  }
  const sent = await writer.call('chat.send', { channel: 'default', message: 'kept' });
  await writer.complete(sent.message_id);
  before.process.child.kill('SIGTERM');
  assert.equal(await before.process.exited, 0);

  const db = new Sqlite(path, { readonly: true });
  // Far from the newest message’s, which writing touches with its neighbours.
  const leaves = db
    .prepare<[], number>(
      `SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf' ORDER BY path`,
    )
    .pluck()
    .all();
  db.close();
  assert.ok(leaves.length >= 10);
  damage(path, leaves.slice(1, 3));

  const under = await startGatewayProcess(t, { homeDir, config });
  const client = await under.login();
  const { error } = await client.request('chat.history', { channel: damaged, limit: 200 });
  assert.equal(error?.code, -32603);
  await until(() => under.process.stdout.includes(error.data.trace_id), 'a line of the log');
  const line = under.process.stdout.split('\n').find((text) => text.includes(error.data.trace_id));
  assert.match(
    JSON.parse(line ?? '').error,
    /history failed: the file is damaged, stop the gateway and restore a backup \(SQLITE_CORRUPT\)$/,
  );

  const contents = async (channel: string, limit: number): Promise<string[]> =>
    (await client.call('chat.history', { channel, limit })).messages.map(({ content }: Json) => content);
  assert.equal((await contents('default', 2))[0], 'kept');
  // One batch, so that the store takes the bad call in one group with the good ones.
  const call = (id: number, method: string, params: object): object => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });
  const [bad, ...good]: Json[] = await ask(client, [
    call(0, 'chat.history', { channel: damaged, limit: 200 }),
    call(1, 'chat.send', { channel: 'default', message: 'one' }),
    call(2, 'chat.send', { channel: 'default', message: 'two' }),
    call(3, 'chat.send', { channel: damaged, message: 'three' }),
  ]);
  assert.equal(bad.error?.code, -32603);
  assert.deepEqual(
    good.filter(({ error: refused }) => refused !== undefined),
    [],
  );
  for (const { result } of good) await client.complete(result.message_id);
  assert.deepEqual(
    (await contents('default', 4)).filter((_, at) => at % 2 === 0),
    ['one', 'two'],
  );
  assert.equal((await contents(damaged, 2))[0], 'three');
});

test('a database whose head is damaged stops the start with what to do, and stays as it is', async (t) => {
  const homeDir = temporaryFolder(t);
  const path = join(homeDir, 'openclaw.db');
  const before = await startGatewayProcess(t, { homeDir, config: engine(0) });
  before.process.child.kill('SIGTERM');
  await before.process.exited;
  const file = openSync(path, 'r+');
  // Behind the header of the file: the table of tables.
  writeSync(file, Buffer.alloc(3000, 0xff), 0, 3000, 100);
  closeSync(file);
  const bytes = readFileSync(path);
  const gateway = new GatewayProcess(t, { homeDir });
  assert.equal(await gateway.exited, 1);
  assert.match(
    gateway.stderr,
    /openclaw\.db cannot be opened: the file is damaged, stop the gateway and restore a backup \(SQLITE_CORRUPT\)\.\n$/,
  );
  assert.deepEqual(readFileSync(path), bytes);
});
