import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Database } from 'better-sqlite3';
import {
  indexAll,
  newMessage,
  quickDirectory,
  replyEnd,
  replyTo,
  START_MS,
  seqOf,
} from './contract-helpers.js';
import { openDatabase } from './database.js';
import { Expiry } from './expiry.js';
import type { MemoryLimits, Operations } from './messages.js';
import { createStore } from './store.js';
import { WriteAheadLog } from './wal.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NO_LIMITS: MemoryLimits = { retentionMs: 0, maxChannelMessages: 0 };

const start = async (t: TestContext) => {
  const db = openDatabase(join(await quickDirectory(t), 'a.db'));
  t.after(() => db.close());
  const store = createStore(db);
  store.openPrincipal('ada');
  let tickMs = 0;
  // By its clock every unit of work takes a millisecond.
  const log = new WriteAheadLog(db);
  const expiry = new Expiry(db, log, () => tickMs++);
  /** A message and its reply, said `day` days after the start. */
  const say = (content: string, day: number, change: Parameters<typeof newMessage>[1] = {}): void => {
    const message = newMessage(content, { createdAtMs: START_MS + day * DAY_MS, ...change });
    store.finishReply(replyTo(message, seqOf(store.addMessage(message))), replyEnd(`to ${content}`));
  };
  return {
    db,
    log,
    store,
    expiry,
    say,
    /** A whole round on a day; how many steps it took. */
    round: (limits: Partial<MemoryLimits>, day = 0): number => {
      expiry.setLimits({ ...NO_LIMITS, ...limits });
      expiry.restart();
      let steps = 1;
      while (expiry.step(START_MS + day * DAY_MS)) steps += 1;
      return steps;
    },
  };
};

const said = (db: Database, channelId = 'default'): unknown[] =>
  db
    .prepare(
      'SELECT seq, content FROM messages JOIN channels ON channels.id = channel WHERE channel_id = ? ORDER BY seq',
    )
    .raw(true)
    .all(channelId);

/** The summary of the channel `default`. */
const summary = (db: Database): unknown =>
  db.prepare('SELECT upto_seq, from_at_ms, content FROM summaries WHERE channel = 1').raw(true).get();

/** Summarizes all that is said in `default`. */
const summarize = (store: Operations, passOverBeforeMs = 0): void => {
  const ask = { moreThan: 0, keepNewest: 0, maxTokens: 500, passOverBeforeMs, nowMs: START_MS + 50 * DAY_MS };
  assert.ok(store.summarize('ada', 'default', ask, null).stored);
};

const indexIsSound = (db: Database): void => {
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  indexAll(db);
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  const rows = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  assert.equal(rows('message_index_docsize'), rows('messages'));
};

test('without limits nothing is removed, however old', async (t) => {
  const { db, say, round } = await start(t);
  say('one', 0);
  round({}, 100_000);
  assert.equal(said(db).length, 2);
});

test('what is older than the retention goes with its reply and its index; seqs go on and counts are right', async (t) => {
  const { db, store, say, round } = await start(t);
  for (const day of [0, 1, 2]) say(`day ${day}`, day);
  round({ retentionMs: DAY_MS }, 2);
  assert.deepEqual(said(db), [
    [3, 'day 1'],
    [4, 'to day 1'],
    [5, 'day 2'],
    [6, 'to day 2'],
  ]);
  indexIsSound(db);
  assert.equal(store.listChannels('ada')[0]?.messageCount, 4);
  assert.equal(store.search('ada', 'default', { query: 'day', limit: 10 })?.length, 4);

  round({ retentionMs: DAY_MS }, 10);
  assert.deepEqual(said(db), []);
  indexIsSound(db);
  assert.equal(store.listChannels('ada')[0]?.messageCount, 0);
  assert.deepEqual(store.addMessage(newMessage('next')), { outcome: 'stored', seq: 7 });
  assert.equal(store.listChannels('ada')[0]?.messageCount, 2);

  // What an import brings back is before what was removed, and the seqs go on all the same.
  db.exec('UPDATE messages SET seq = seq - 6');
  assert.deepEqual(store.addMessage(newMessage('behind')), { outcome: 'stored', seq: 7 });
});

test('the oldest of a channel that is too long go, of that channel alone, and never half an exchange', async (t) => {
  const { db, store, say, round } = await start(t);
  store.createChannel('ada', { channelId: 'coding', name: '', metadata: {}, createdAtMs: START_MS }, 10);
  for (let at = 0; at < 5; at += 1) say(`message ${at}`, 0);
  for (let at = 0; at < 2; at += 1) say(`code ${at}`, 0, { channelId: 'coding' });
  round({ maxChannelMessages: 5 });
  assert.deepEqual(
    said(db).map((row) => (row as [number, string])[1]),
    ['message 3', 'to message 3', 'message 4', 'to message 4'],
  );
  assert.equal(said(db, 'coding').length, 4);
  indexIsSound(db);
});

test('a message whose reply is open stays, and so does all behind it', async (t) => {
  const { db, store, say, round } = await start(t);
  say('before', 0);
  const open = newMessage('open');
  const seq = seqOf(store.addMessage(open));
  say('behind', 0);
  const limits = { retentionMs: DAY_MS, maxChannelMessages: 1 };
  round(limits, 100);
  assert.deepEqual(said(db), [
    [3, 'open'],
    [4, ''],
    [5, 'behind'],
    [6, 'to behind'],
  ]);
  store.finishReply(replyTo(open, seq), replyEnd('the end'));
  round(limits, 100);
  assert.deepEqual(said(db), []);
});

test('a long way back is taken in small steps, through all channels', async (t) => {
  const { db, store, say, round } = await start(t);
  db.transaction(() => {
    for (let at = 0; at < 300; at += 1) say(`message ${at}`, 0);
    for (let at = 0; at < 300; at += 1) {
      const channelId = `channel-${at}`;
      store.createChannel('ada', { channelId, name: '', metadata: {}, createdAtMs: START_MS }, 1000);
      say(`message ${at}`, 0, { channelId, messageId: channelId });
    }
  })();
  const steps = round({ retentionMs: DAY_MS }, 2);
  // Each takes a few exchanges or looks at a few channels.
  assert.ok(steps > 100, `${steps} steps`);
  assert.equal(db.prepare('SELECT count(*) FROM messages').pluck().get(), 0);
  indexIsSound(db);
});

test('a key gives its answer for 24 hours, longer than its message where that had to go, and is then removed', async (t) => {
  const { db, store, say, round } = await start(t);
  const keys = (): unknown => db.prepare('SELECT count(*) FROM idempotency_keys').pluck().get();
  db.transaction(() => {
    for (let at = 0; at < 300; at += 1) say(`message ${at}`, 0, { idempotencyKey: `key-${at}` });
  })();
  round({ maxChannelMessages: 2 });
  assert.equal(said(db).length, 2);
  const repeated = (content: string, day: number) =>
    store.addMessage(
      newMessage(content, {
        idempotencyKey: 'key-0',
        messageId: 'another',
        createdAtMs: START_MS + day * DAY_MS,
      }),
    );
  assert.deepEqual(repeated('message 0', 0.9), {
    outcome: 'repeated',
    messageId: 'id-message 0',
    channelId: 'default',
    seq: 1,
  });
  assert.deepEqual(repeated('message 1', 0.9), { outcome: 'conflict' });

  round({}, 0.999);
  assert.equal(keys(), 300);
  const steps = round({}, 1);
  assert.equal(keys(), 0);
  assert.ok(steps > 2, 'a bounded number at a time');
  assert.deepEqual(repeated('message 0', 1), { outcome: 'stored', seq: 601 });
});

test('a summary goes when the oldest message would whose words it may have, and can be made anew of what is left', async (t) => {
  const { db, store, say, round } = await start(t);
  say('Swordfish swim.', 0);
  summarize(store);
  say('Whales sing.', 2);
  summarize(store);
  say('Gulls cry.', 3);
  assert.deepEqual(summary(db), [
    4,
    START_MS,
    // Of what is said twice, the longer one.
    'assistant: to Swordfish swim.\nassistant: to Whales sing.',
  ]);
  round({ retentionMs: 3 * DAY_MS }, 3);
  assert.ok(summary(db) !== undefined, 'it is as old as may be');
  round({ retentionMs: 3 * DAY_MS }, 3.01);
  assert.equal(summary(db), undefined);
  assert.equal(said(db).length, 4);

  summarize(store, START_MS + 2.5 * DAY_MS);
  assert.deepEqual(summary(db), [6, START_MS + 3 * DAY_MS, 'assistant: to Gulls cry.']);
  round({ retentionMs: 3 * DAY_MS }, 5.5);
  assert.equal(said(db).length, 2);
  assert.ok(summary(db) !== undefined, 'what it passed over is not in it');
});

test('a summary stays where messages are removed because they are too many, until it is too old itself', async (t) => {
  const { db, log, store, say, round } = await start(t);
  for (let at = 0; at < 4; at += 1) say(`Number ${at} counts.`, at);
  summarize(store);
  const before = summary(db);
  round({ maxChannelMessages: 2 }, 4);
  assert.equal(said(db).length, 2);
  assert.deepEqual(summary(db), before);
  const ask = { query: '', beforeSeq: 100, maxTokens: 400 };
  const recalled = store.recall('ada', 'default', ask).map(({ role, seq }) => [role, seq]);
  assert.deepEqual(recalled, [
    ['assistant', 8],
    ['user', 7],
    ['summary', 8],
  ]);
  log.step();
  assert.equal(log.due, false);
  round({ maxChannelMessages: 2, retentionMs: 3 * DAY_MS }, 3.5);
  assert.ok(log.due, 'the log still has its words');
  assert.equal(said(db).length, 2, 'the messages are young enough');
  assert.equal(summary(db), undefined);
});
