import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { converse, newMessage, quickDirectory, replyEnd, replyTo, seqOf } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { Indexing } from './indexing.js';
import { renewIndex } from './migrations.js';
import { INDEX_RULES } from './search-text.js';
import { ShortChannels } from './short-channels.js';
import { openSqliteMemory } from './sqlite.js';
import { createStore } from './store.js';

const MAX_WAITING = 20;

/** A database whose time goes on by a millisecond each time it is asked for. */
const start = async (t: TestContext) => {
  const path = join(await quickDirectory(t), 'a.db');
  const db = openDatabase(path);
  t.after(() => db.close());
  const store = createStore(db);
  store.openPrincipal('ada');
  store.createChannel('ada', { channelId: 'coding', name: '', metadata: {}, createdAtMs: 0 }, 10);
  const clock = { nowMs: 0 };
  const errors: unknown[] = [];
  const indexing = new Indexing({
    db,
    nowMs: () => clock.nowMs++,
    onError: (error) => errors.push(error),
    maxWaiting: MAX_WAITING,
  });
  let said = 0;
  return {
    path,
    db,
    store,
    indexing,
    clock,
    errors,
    say: (count: number, channelId = 'default'): void => {
      for (let at = 0; at < count; at += 1) {
        said += 1;
        store.addMessage(newMessage(`word ${said}`, { channelId }));
      }
    },
    waiting: (): number =>
      db.prepare<[], number>('SELECT count(*) FROM index_backlog').pluck().get() ?? Number.NaN,
    found: (channelId = 'default'): number =>
      store.search('ada', channelId, { query: 'word', limit: 1000 })?.length ?? Number.NaN,
    isSound: (): void => {
      db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
    },
  };
};

test('a message is stored without the index, and comes to be found in the background', async (t) => {
  const { store, indexing, clock, say, waiting, found, isSound } = await start(t);
  assert.ok(indexing.step() > 1000, 'nothing waits');
  say(1);
  const message = newMessage('a question');
  const reply = replyTo(message, seqOf(store.addMessage(message)));
  store.appendReply(reply, 'word');
  assert.deepEqual([waiting(), found()], [2, 0]);
  indexing.called();
  const waitMs = indexing.step();
  assert.ok(waitMs > 0 && waitMs <= 20, `${waitMs} ms: what comes together is indexed together`);
  assert.equal(found(), 0);
  clock.nowMs += waitMs;
  indexing.step();
  assert.deepEqual([waiting(), found()], [0, 1]);
  store.finishReply(reply, replyEnd(' too'));
  assert.equal(waiting(), 1, 'a reply, once it has ended');
  indexing.called();
  clock.nowMs += 20;
  indexing.step();
  assert.deepEqual([waiting(), found()], [0, 2]);
  isSound();
});

test('the background takes most of the time, and a fifth of it while others call', async (t) => {
  const { indexing, clock, say } = await start(t);
  say(20);
  indexing.called();
  clock.nowMs += 20;
  const busyMs = indexing.step();
  clock.nowMs += busyMs;
  const quietMs = indexing.step();
  assert.ok(quietMs > 0 && busyMs > 8 * quietMs, `${busyMs} and ${quietMs} ms`);
});

test('a search finds all that its channel has, and waits for no other', async (t) => {
  const { indexing, say, waiting, found } = await start(t);
  say(3);
  say(4, 'coding');
  indexing.catchUp([1]);
  assert.deepEqual([found(), found('coding'), waiting()], [3, 0, 4]);
  indexing.catchUp([1, 2, 2]);
  assert.deepEqual([found('coding'), waiting()], [4, 0]);
  say(200);
  indexing.catchUp([1]);
  assert.ok(found() > 20 && found() < 150, `${found()}: for a bounded time`);
});

test('more than may wait is indexed before the next call', async (t) => {
  const { indexing, say, waiting, isSound } = await start(t);
  for (const channelId of ['coding', 'default', 'coding']) say(MAX_WAITING, channelId);
  indexing.called();
  assert.ok(waiting() <= MAX_WAITING && waiting() > 0, `${waiting()} wait`);
  isSound();
});

test('nobody who writes waits for what waited when the database was opened', async (t) => {
  const { db, clock, say, waiting } = await start(t);
  say(10 * MAX_WAITING);
  const reopened = new Indexing({
    db,
    nowMs: () => clock.nowMs++,
    onError: (error) => assert.fail(String(error)),
    maxWaiting: MAX_WAITING,
  });
  say(MAX_WAITING);
  reopened.called();
  assert.equal(waiting(), 11 * MAX_WAITING);
  say(1);
  reopened.called();
  assert.ok(waiting() <= 11 * MAX_WAITING && waiting() > 10 * MAX_WAITING, `${waiting()}: but for new ones`);
  while (waiting() > 0) clock.nowMs += reopened.step();
  clock.nowMs += reopened.step();
  reopened.step();
  say(2 * MAX_WAITING);
  reopened.called();
  assert.ok(waiting() <= MAX_WAITING, `${waiting()}: the old ones are done`);
});

test('what is removed is not taken for room: more than may wait is noticed', async (t) => {
  const { db, indexing, say, waiting } = await start(t);
  say(5 * MAX_WAITING);
  indexing.called();
  while (waiting() > 0) indexing.catchUp([1]);
  db.exec('DELETE FROM messages');
  indexing.called();
  say(2 * MAX_WAITING);
  indexing.called();
  assert.ok(waiting() <= MAX_WAITING, `${waiting()} wait`);
});

test('what is removed while it waits was never in the index', async (t) => {
  const { db, indexing, clock, say, waiting, found, isSound } = await start(t);
  say(2);
  indexing.catchUp([1]);
  say(2);
  db.exec('DELETE FROM messages WHERE seq IN (1, 7)');
  assert.equal(waiting(), 1);
  isSound();
  clock.nowMs += 1000;
  indexing.step();
  assert.deepEqual([found(), waiting()], [2, 0]);
  isSound();
});

test('whoever has locked the database is left alone for a second; another failure is told', async (t) => {
  const { path, db, indexing, clock, errors, say, found } = await start(t);
  say(1);
  const other = new Sqlite(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  indexing.catchUp([1]);
  assert.deepEqual([found(), errors.length], [0, 0]);
  other.exec('COMMIT');
  indexing.catchUp([1]);
  assert.equal(found(), 0);
  clock.nowMs += indexing.step();
  indexing.step();
  assert.equal(found(), 1);
  say(1);
  db.pragma('query_only = ON');
  indexing.catchUp([1]);
  db.pragma('query_only = OFF');
  assert.deepEqual([found(), errors.length], [1, 1]);
  assert.equal(db.pragma('synchronous', { simple: true }), 2, 'messages are synced again');
  const waitMs = indexing.step();
  assert.ok(waitMs > 1000);
  clock.nowMs += waitMs;
  indexing.step();
  assert.equal(found(), 2);
});

test('other rules begin the index anew, the same ones do not', async (t) => {
  const { db, indexing, say, waiting, found, isSound } = await start(t);
  say(3);
  indexing.catchUp([1]);
  renewIndex(db, INDEX_RULES);
  assert.deepEqual([found(), waiting()], [3, 0]);
  renewIndex(db, 'other');
  assert.deepEqual([found(), waiting()], [0, 3]);
  isSound();
  indexing.catchUp([1]);
  assert.equal(found(), 3);
  renewIndex(db, 'other');
  assert.deepEqual([found(), waiting()], [3, 0]);
  isSound();
});

test('a channel is short as long as a recall gives all of it', async (t) => {
  const { db, say } = await start(t);
  const channels = new ShortChannels(db);
  // Six to seven bytes each, so two tokens; the empty replies count as well.
  say(10);
  assert.ok(channels.has(1, Number.MAX_SAFE_INTEGER, 50));
  assert.ok(!channels.has(1, Number.MAX_SAFE_INTEGER, 40));
  assert.ok(channels.has(1, 3, 5));
  assert.ok(channels.has(2, Number.MAX_SAFE_INTEGER, 0), 'nothing was said');
  say(30);
  assert.ok(!channels.has(1, Number.MAX_SAFE_INTEGER, 1_000_000), 'too many to be counted');
});

test('through the port everything acknowledged is found, also by whoever opens the database next', async (t) => {
  const path = join(await quickDirectory(t), 'a.db');
  const find = async (memory: Awaited<ReturnType<typeof openSqliteMemory>>): Promise<number | undefined> =>
    (await memory.search('ada', 'default', { query: 'word', limit: 1000 }))?.length;
  const memory = await openSqliteMemory({ path });
  await memory.openPrincipal('ada');
  const tell = (at: number) => converse(memory, newMessage(`word ${at}`), `no ${at}`);
  await Promise.all(Array.from({ length: 50 }, (_, at) => tell(at)));
  assert.equal(await find(memory), 50);
  await Promise.all(Array.from({ length: 50 }, (_, at) => tell(50 + at)));
  await memory.close();
  const next = await openSqliteMemory({ path });
  t.after(() => next.close());
  assert.equal(await find(next), 100);
  assert.deepEqual((await next.check()).problems, []);
});
