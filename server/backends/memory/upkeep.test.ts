import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { contents, converse, newMessage, quickDirectory, START_MS } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';
import { openSqliteMemory, type SqliteMemory } from './sqlite.js';
import { createStore } from './store.js';
import { WriteAheadLog } from './wal.js';

const MIB = 1024 * 1024;
/** Where SQLite cuts the log by itself (`journal_size_limit`), and one group on top. */
const MAX_WAL_BYTES = 28 * MIB;

const start = async (t: TestContext) => {
  const dir = await quickDirectory(t);
  const path = join(dir, 'openclaw.db');
  const memory = await openSqliteMemory({ path });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  return {
    dir,
    path,
    memory,
    walBytes: (): number => statSync(`${path}-wal`).size,
    fileBytes: (): number => statSync(path).size,
  };
};

/** Stores messages of a MiB, one after another. */
const write = async (memory: SqliteMemory, count: number, channelId = 'default'): Promise<void> => {
  for (let at = 0; at < count; at += 1) {
    await memory.addMessage(newMessage('x'.repeat(MIB), { channelId, messageId: `${channelId}-${at}` }));
  }
};

/** Asks the memory for something small again and again, so that no time has to be guessed. */
const until = async (memory: SqliteMemory, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const startMs = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - startMs < 120_000, 'it does not come to hold');
    await memory.listChannels('ada');
  }
};

test('however much is written, the log stays small', async (t) => {
  const { memory, walBytes } = await start(t);
  let most = 0;
  for (let at = 0; at < 16; at += 1) {
    await write(memory, 4);
    most = Math.max(most, walBytes());
  }
  assert.ok(most < MAX_WAL_BYTES, `${most} bytes`);
});

test('a reader from outside makes the log grow by what is written meanwhile, and no longer than he reads', async (t) => {
  const { path, memory, walBytes } = await start(t);
  await write(memory, 4);
  const reader = new Sqlite(path, { readonly: true });
  t.after(() => reader.close());
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM messages').get();
  await write(memory, 48);
  const grown = walBytes();
  assert.ok(grown > 40 * MIB && grown < 80 * MIB, `${grown} bytes`);
  reader.exec('COMMIT');
  await until(memory, () => walBytes() <= 16 * MIB);
  assert.equal((await contents(memory))?.length, 104);
});

test('limits are enforced in the background, from the disk as well, and hold from when they are set', async (t) => {
  const { dir, memory } = await start(t);
  const said = (word: string, daysAgo: number) =>
    converse(memory, newMessage(word, { createdAtMs: START_MS - daysAgo * 86_400_000 }), `to ${word}`);
  await said('swordfish', 40);
  await said('mackerel', 20);
  await said('herring', 0);
  const held = (): string[] =>
    ['swordfish', 'mackerel', 'herring'].filter((word) =>
      readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(word)),
    );
  memory.setLimits({ retentionMs: 30 * 86_400_000, maxChannelMessages: 0 });
  await until(memory, () => !held().includes('swordfish'));
  assert.deepEqual(held(), ['mackerel', 'herring']);
  memory.setLimits({ retentionMs: 0, maxChannelMessages: 2 });
  await until(memory, () => held().length === 1);
  assert.deepEqual(await contents(memory), ['herring', 'to herring']);
});

test('the file gives back what a deleted channel took', async (t) => {
  const { memory, fileBytes } = await start(t);
  await memory.createChannel('ada', { channelId: 'large', name: '', metadata: {}, createdAtMs: 0 }, 10);
  await write(memory, 24, 'large');
  await memory.addMessage(newMessage('kept'));
  assert.ok(fileBytes() > 20 * MIB);
  await memory.deleteChannel('ada', 'large');
  memory.setLimits({ retentionMs: 0, maxChannelMessages: 0 });
  await until(memory, () => fileBytes() < 4 * MIB);
  assert.deepEqual(await contents(memory), ['kept', '']);
});

test('a database that was made before files could shrink is rewritten once, with everything in it', async (t) => {
  const { path, memory } = await start(t);
  await converse(memory, newMessage('kept'), 'answered');
  await memory.close();
  const old = new Sqlite(path);
  old.pragma('journal_mode = DELETE');
  old.pragma('auto_vacuum = NONE');
  old.exec('VACUUM');
  assert.equal(old.pragma('auto_vacuum', { simple: true }), 0);
  old.close();
  const db = openDatabase(path);
  t.after(() => db.close());
  assert.equal(db.pragma('auto_vacuum', { simple: true }), 2);
  assert.equal(db.prepare('SELECT count(*) FROM messages').pluck().get(), 2);
});

test('what was erased when the process died is off the disk soon after the next start', async (t) => {
  const dir = await quickDirectory(t);
  const path = join(dir, 'before.db');
  const db = openDatabase(path);
  t.after(() => db.close());
  const store = createStore(db);
  store.createChannel('ada', { channelId: 'brief', name: '', metadata: {}, createdAtMs: START_MS }, 10);
  store.addMessage(newMessage('swordfish', { channelId: 'brief' }));
  db.pragma('wal_checkpoint(TRUNCATE)');
  store.deleteChannel('ada', 'brief');
  const erasure = new Erasure(db, new WriteAheadLog(db));
  while (erasure.step());
  // The erasure is in the log alone.
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, join(dir, `after.db${end}`));
  const holds = (): boolean =>
    ['after.db', 'after.db-wal'].some((name) => readFileSync(join(dir, name)).includes('swordfish'));
  assert.ok(holds());
  const memory = await openSqliteMemory({ path: join(dir, 'after.db') });
  t.after(() => memory.close());
  await until(memory, () => !holds());
});
