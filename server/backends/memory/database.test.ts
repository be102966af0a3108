import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { diskDirectory, indexAll, newMessage, replyEnd } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';
import { SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { openSqliteMemory } from './sqlite.js';
import { createStore } from './store.js';
import { WriteAheadLog } from './wal.js';

/** On a clock by which every row takes a millisecond. */
const erasureOf = (db: Sqlite.Database): Erasure => {
  let nowMs = 0;
  return new Erasure(db, new WriteAheadLog(db), () => nowMs++);
};

test('a new database is durable at every commit and in the current version', async (t) => {
  const db = openDatabase(join(await diskDirectory(t), 'a.db'));
  t.after(() => db.close());
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'secure_delete'].map((name) =>
    db.pragma(name, { simple: true }),
  );
  assert.deepEqual(settings, ['wal', 2, 1, 1]);
  assert.equal(schemaVersion(db), SCHEMA_VERSION);
});

test('a database of a newer version, or of another program, is refused and left as it was', async (t) => {
  const dir = await diskDirectory(t);
  for (const [name, statements, sentence] of [
    [
      'newer.db',
      `PRAGMA user_version = ${SCHEMA_VERSION + 1}`,
      new RegExp(
        `/newer\\.db has schema version ${SCHEMA_VERSION + 1} .* only ${SCHEMA_VERSION}: start the newer`,
      ),
    ],
    ['other.db', 'CREATE TABLE bookmarks (url)', /\/other\.db belongs to another program: move it away/],
  ] as const) {
    const path = join(dir, name);
    const db = new Sqlite(path);
    db.exec(statements);
    db.close();
    const before = readFileSync(path);
    await assert.rejects(openSqliteMemory({ path }), { name: 'MemoryError', message: sentence });
    assert.deepEqual(readFileSync(path), before);
  }
});

test('a file that cannot be opened is named with the cause and what to do', async (t) => {
  const dir = await diskDirectory(t);
  writeFileSync(join(dir, 'notes.db'), 'these are notes and not a database\n'.repeat(100));
  mkdirSync(join(dir, 'folder.db'));
  // A valid first page, whose table of contents points into nothing.
  const damaged = new Sqlite(join(dir, 'damaged.db'));
  damaged.exec('CREATE TABLE a (b)');
  damaged.close();
  const bytes = readFileSync(join(dir, 'damaged.db'));
  writeFileSync(join(dir, 'damaged.db'), bytes.fill(0xff, 100, 4096));
  for (const [name, message] of [
    [
      'missing/a.db',
      /^The database .*a\.db cannot be opened: its directory does not exist, .* \(ENOENT\)\.$/,
    ],
    ['folder.db', /^The database .*folder\.db cannot be opened: it is a directory, .* \(EISDIR\)\.$/],
    [
      'notes.db',
      /^The database .*notes\.db cannot be opened: .* not an SQLite database, .* \(SQLITE_NOTADB\)\.$/,
    ],
    [
      'damaged.db',
      /^The database .*damaged\.db cannot be opened: the file is damaged, .* \(SQLITE_CORRUPT\)\.$/,
    ],
  ] as const) {
    await assert.rejects(openSqliteMemory({ path: join(dir, name) }), { name: 'MemoryError', message });
  }
});

test('the index agrees with the messages through replies, deletions and a crash', async (t) => {
  const path = join(await diskDirectory(t), 'a.db');
  const crashed = openDatabase(path);
  const store = createStore(crashed);
  store.openPrincipal('ada');
  for (const channelId of ['coding', 'writing']) {
    store.createChannel('ada', { channelId, name: channelId, metadata: {}, createdAtMs: 0 }, 10);
    for (const content of ['finished', 'open', 'null\0null']) {
      store.addMessage(newMessage(content, { channelId, messageId: `${channelId}-${content}` }));
    }
    const reply = { principal: 'ada', channelId, messageId: `${channelId}-finished`, seq: 2 };
    store.appendReply(reply, 'the whole');
    store.finishReply(reply, replyEnd(' answer'));
    store.appendReply({ ...reply, messageId: `${channelId}-open`, seq: 4 }, 'a half');
  }
  store.deleteChannel('ada', 'writing');
  erasureOf(crashed).step();
  crashed.close();

  const db = openDatabase(path);
  t.after(() => db.close());
  indexAll(db);
  // Rank 1 compares the index with the messages themselves; it throws where they differ.
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  const found = ['whole answer', 'half', 'null'].map(
    (query) => createStore(db).search('ada', 'coding', { query, limit: 10 })?.length,
  );
  assert.deepEqual(found, [1, 1, 1]);
  assert.deepEqual(db.pragma('foreign_key_check'), []);
});

test('a large channel is gone at once, erased in steps, and after a restart to the end', async (t) => {
  const path = join(await diskDirectory(t), 'a.db');
  const before = openDatabase(path);
  const store = createStore(before);
  store.openPrincipal('ada');
  const create = () =>
    store.createChannel('ada', { channelId: 'coding', name: 'coding', metadata: {}, createdAtMs: 0 }, 10);
  create();
  for (let i = 0; i < 40; i++) store.addMessage(newMessage(`message ${i}`, { channelId: 'coding' }));
  store.addMessage(newMessage('keyed', { channelId: 'coding', idempotencyKey: 'key' }));
  store.addMessage(newMessage('kept'));
  assert.equal(store.deleteChannel('ada', 'coding'), true);
  create();
  assert.deepEqual(store.search('ada', 'coding', { query: 'message', limit: 10 }), []);
  const reused = newMessage('another', { channelId: 'coding', idempotencyKey: 'key' });
  assert.deepEqual(store.addMessage(reused), { outcome: 'stored', seq: 1 });
  assert.equal(store.findReply('ada', 'id-message 1'), null);
  assert.equal(erasureOf(before).step(), true);
  before.close();

  const db = openDatabase(path);
  t.after(() => db.close());
  const erasure = erasureOf(db);
  let steps = 1;
  while (erasure.step()) steps += 1;
  assert.ok(steps > 2);
  assert.deepEqual(db.prepare(`SELECT content FROM messages WHERE role = 'user'`).pluck().all(), [
    'kept',
    'another',
  ]);
  assert.equal(db.prepare('SELECT count(*) FROM channels').pluck().get(), 2);
  assert.equal(createStore(db).addMessage({ ...reused, messageId: 'again' }).outcome, 'repeated');
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
});
