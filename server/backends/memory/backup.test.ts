import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { backUp } from './backup.js';
import { indexAll, newMessage, quickDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { readStats } from './stats.js';
import { createStore } from './store.js';

/** A database in use, with `count` messages. */
const prepared = async (t: TestContext, count: number) => {
  const dir = await quickDirectory(t);
  const path = join(dir, 'a.db');
  const db = openDatabase(path);
  t.after(() => db.close());
  const store = createStore(db);
  store.openPrincipal('ada');
  const add = (at: number) => store.addMessage(newMessage('x'.repeat(5000), { messageId: `m${at}` }));
  for (let at = 0; at < count; at++) add(at);
  return { db, path, add, directory: join(dir, 'backups') };
};

test('writes of others between two steps neither hold the copy up nor get into it', async (t) => {
  const { path, add, directory } = await prepared(t, 600);
  let written = 0;
  let done = false;
  const write = (): void => {
    add(1000 + written++);
    if (!done) setImmediate(write);
  };
  write();
  const backup = await backUp(path, { directory, name: 'b.db', replace: false });
  done = true;
  assert.ok(backup.outcome === 'written');
  assert.ok(written > 3, `${written} writes`);
  const copy = new Sqlite(backup.path, { readonly: true });
  t.after(() => copy.close());
  const messages = copy.prepare<[], number>('SELECT count(*) FROM messages').pluck().get();
  assert.equal(messages, backup.messages);
  assert.ok(backup.messages < 2 * (600 + written), 'a moment of it, not the end');
  assert.equal(copy.pragma('journal_mode', { simple: true }), 'delete');
});

test('a damaged database gives no backup, and what was there stays', async (t) => {
  const { db, path, directory } = await prepared(t, 50);
  db.pragma('wal_checkpoint(TRUNCATE)');
  mkdirSync(directory);
  writeFileSync(join(directory, 'b.db'), 'an earlier one');
  const page = db
    .prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'channels'`)
    .pluck()
    .get();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, ((page ?? 0) - 1) * 4096, (page ?? 0) * 4096));
  await assert.rejects(backUp(path, { directory, name: 'b.db', replace: true }), /malformed/);
  assert.deepEqual(readdirSync(directory), ['b.db']);
  assert.equal(readFileSync(join(directory, 'b.db'), 'utf8'), 'an earlier one');
});

test('damage that reading does not meet is found by the proof', async (t) => {
  const { db, path, directory } = await prepared(t, 50);
  db.exec('CREATE INDEX extra ON messages (client_id, id)');
  db.pragma('wal_checkpoint(TRUNCATE)');
  const page = db
    .prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'extra'`)
    .pluck()
    .get();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, ((page ?? 0) - 1) * 4096, (page ?? 0) * 4096));
  const backup = await backUp(path, { directory, name: 'b.db', replace: false });
  assert.equal(backup.outcome, 'damaged');
  assert.deepEqual(readdirSync(directory), []);
});

test('a faulty index is no reason to go without a copy of the messages', async (t) => {
  const { db, path, directory } = await prepared(t, 5);
  indexAll(db);
  db.unsafeMode().exec('DELETE FROM message_index_data WHERE id > 10');
  assert.notEqual(db.pragma('integrity_check', { simple: true }), 'ok');
  const backup = await backUp(path, { directory, name: 'b.db', replace: false });
  assert.ok(backup.outcome === 'written' && backup.messages === 10);
});

test('a file that comes to have the name meanwhile keeps it', async (t) => {
  const { path, directory } = await prepared(t, 1);
  const backup = backUp(path, { directory, name: 'b.db', replace: false });
  writeFileSync(join(directory, 'b.db'), 'precious');
  assert.deepEqual(await backup, { outcome: 'exists', path: join(directory, 'b.db') });
  assert.deepEqual(readdirSync(directory), ['b.db']);
  assert.equal(readFileSync(join(directory, 'b.db'), 'utf8'), 'precious');
});

test('a channel that is being erased is not counted', async (t) => {
  const { db, path, directory } = await prepared(t, 1);
  const store = createStore(db);
  store.createChannel('ada', { channelId: 'gone', name: '', metadata: {}, createdAtMs: 0 }, 10);
  store.addMessage(newMessage('secret', { channelId: 'gone' }));
  store.deleteChannel('ada', 'gone');
  const counts = { principals: 1, channels: 1, messages: 2, openReplies: 1 };
  const { principals, channels, messages, openReplies } = readStats(db, path);
  assert.deepEqual({ principals, channels, messages, openReplies }, counts);
  const backup = await backUp(path, { directory, name: 'b.db', replace: false });
  assert.ok(backup.outcome === 'written');
  assert.deepEqual([backup.channels, backup.messages], [1, 2]);
});

test('what a backup that was cut short has left goes with the next one', async (t) => {
  const { path, directory } = await prepared(t, 1);
  mkdirSync(directory);
  writeFileSync(join(directory, '.draft-old.db'), 'half');
  writeFileSync(join(directory, '.hidden'), 'somebody’s');
  await backUp(path, { directory, name: 'b.db', replace: false });
  assert.deepEqual(readdirSync(directory).sort(), ['.hidden', 'b.db']);
});

test('a disk or a place that cannot be written leaves nothing', async (t) => {
  const { path, directory } = await prepared(t, 1);
  writeFileSync(directory, 'a file');
  await assert.rejects(backUp(path, { directory, name: 'b.db', replace: false }), { code: 'EEXIST' });
  assert.equal(readFileSync(directory, 'utf8'), 'a file');
  await assert.rejects(
    backUp(`${path}-missing`, { directory: `${directory}-2`, name: 'b.db', replace: false }),
    /unable to open|does not exist|cannot open/,
  );
  assert.ok(!existsSync(join(`${directory}-2`, 'b.db')));
  assert.deepEqual(readdirSync(`${directory}-2`), []);
});
