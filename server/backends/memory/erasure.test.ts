import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { newMessage, quickDirectory, replyEnd, replyTo, START_MS, seqOf } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';
import { createStore } from './store.js';
import { WriteAheadLog } from './wal.js';

test('of a deleted channel the summary goes first, and the rest in small steps', async (t) => {
  const db = openDatabase(join(await quickDirectory(t), 'a.db'));
  t.after(() => db.close());
  const store = createStore(db);
  const channel = { channelId: 'coding', name: '', metadata: {}, createdAtMs: START_MS };
  store.createChannel('ada', channel, 10);
  for (let at = 0; at < 20; at += 1) {
    const message = newMessage(`Message ${at} matters.`, { channelId: 'coding' });
    store.finishReply(replyTo(message, seqOf(store.addMessage(message))), replyEnd('So it is.'));
  }
  const ask = { moreThan: 0, keepNewest: 0, maxTokens: 500, passOverBeforeMs: 0, nowMs: START_MS };
  assert.ok(store.summarize('ada', 'coding', ask, null).stored);
  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  assert.deepEqual([count('summaries'), count('messages')], [1, 40]);

  store.deleteChannel('ada', 'coding');
  let tickMs = 0;
  const log = new WriteAheadLog(db);
  // By its clock every unit of work takes a millisecond.
  const erasure = new Erasure(db, log, () => tickMs++);
  assert.equal(erasure.step(), true);
  assert.equal(count('summaries'), 0);
  assert.ok(Number(count('messages')) > 30);
  assert.ok(log.due);
  while (erasure.step());
  assert.deepEqual([count('messages'), count('channels')], [0, 1]);
});
