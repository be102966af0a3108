import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newMessage, quickDirectory, replyEnd, replyTo, seqOf } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { byWords } from './embeddings-endpoint.js';
import type { BatchAsk } from './embeddings-messages.js';
import { Pace } from './pace.js';
import { createStore } from './store.js';
import { VectorBacklog } from './vector-backlog.js';
import { VectorFunctions, VectorSearch } from './vector-search.js';
import { VectorUpkeep } from './vector-upkeep.js';
import { Vectors } from './vectors.js';

const LENGTH = 600;
const MODEL = { model: 'words-1', dimensions: 0 };

const start = async (t: TestContext) => {
  const path = join(await quickDirectory(t), 'a.db');
  const db = openDatabase(path);
  t.after(() => db.close());
  const functions = await VectorFunctions.load();
  const store = createStore(db);
  store.openPrincipal('ada');
  return {
    db,
    store,
    path,
    functions,
    made: (text: string, length = LENGTH) => functions.make(byWords(text, length)),
    vectors: new Vectors(db, MODEL),
    /** Each a message with an open reply, in one transaction. */
    write: (contents: readonly string[], channelId = 'default'): void =>
      db.transaction(() => {
        for (const [at, content] of contents.entries()) {
          store.addMessage(newMessage(content, { channelId, messageId: `${channelId} ${content} ${at}` }));
        }
      })(),
    create: (channelId: string): void =>
      void store.createChannel('ada', { channelId, name: '', metadata: {}, createdAtMs: 0 }, 1000),
  };
};

/** On a clock by which every look at it takes two milliseconds. */
const shortPace = (): Pace => {
  let nowMs = 0;
  return new Pace(() => {
    nowMs += 2;
    return nowMs;
  });
};

const texts = (backlog: VectorBacklog, most: number): readonly string[] =>
  backlog.take(most, 1_000_000).map(({ text }) => text);

test('a walk finds what was there before, in steps, the channel that was used last first, and nothing twice', async (t) => {
  const { vectors, db, write, create, made } = await start(t);
  for (let at = 0; at < 100; at += 1) create(`ch-${at}`);
  write(Array.from({ length: 600 }, (_, at) => `message ${at}`));
  for (let at = 0; at < 100; at += 1) write([`in ${at}`], `ch-${at}`);
  const backlog = new VectorBacklog(db, vectors.space);
  const asked: string[] = [];
  let looks = 0;
  for (; !(backlog.isComplete && backlog.isEmpty); looks += 1) {
    backlog.look(shortPace());
    db.transaction(() => {
      for (const message of backlog.take(100, 1_000_000)) {
        assert.ok(vectors.keep(message, made(message.text)));
        backlog.done(message.id);
        asked.push(message.text);
      }
    })();
  }
  assert.ok(looks > 10, `${looks} looks`);
  assert.equal(asked[0], 'in 99');
  assert.equal(asked.length, 700);
  assert.equal(new Set(asked).size, 700);

  backlog.walkAgain();
  assert.equal(backlog.isComplete, false);
  while (!(backlog.isComplete && backlog.isEmpty)) {
    backlog.look(shortPace());
    // Nothing but the open replies.
    assert.deepEqual(texts(backlog, 100), []);
  }
});

test('what is written is noted when it can be embedded, and not if its transaction fails', async (t) => {
  const { vectors, db, store, write } = await start(t);
  const backlog = new VectorBacklog(db, vectors.space);
  const message = newMessage('hello');
  const reply = replyTo(message, seqOf(store.addMessage(message)));
  assert.deepEqual(texts(backlog, 9), ['hello']);
  store.finishReply(reply, replyEnd('hi'));
  assert.deepEqual(texts(backlog, 9), ['hi', 'hello']);
  assert.deepEqual(texts(backlog, 1), ['hi']);
  assert.deepEqual(
    backlog.take(9, 1).map(({ text }) => text),
    ['hi'],
    'one always, however long',
  );
  assert.throws(() =>
    db.transaction(() => {
      write(['lost']);
      throw new Error('no');
    })(),
  );
  store.addMessage(newMessage(' \n'));
  assert.deepEqual(texts(backlog, 9), ['hi', 'hello']);
  db.exec('DELETE FROM messages WHERE seq = 2');
  assert.deepEqual(texts(backlog, 9), ['hello']);
});

test('a flood is not noted to its end, and found again afterwards', async (t) => {
  const { vectors, db, write } = await start(t);
  const backlog = new VectorBacklog(db, vectors.space);
  while (!backlog.isComplete) backlog.look(shortPace());
  write(Array.from({ length: 21_000 }, (_, at) => `message ${at}`));
  backlog.look(shortPace());
  const noted = db.prepare('SELECT count(*) FROM vectorless').pluck();
  assert.ok(Number(noted.get()) < 1000);
  assert.deepEqual(texts(backlog, 1), ['message 20999']);
  assert.equal(backlog.isComplete, false);
  let found = 0;
  while (!(backlog.isComplete && backlog.isEmpty)) {
    for (const { id } of backlog.take(1000, 100_000_000)) {
      backlog.done(id);
      found += 1;
    }
    backlog.look(shortPace());
  }
  assert.ok(found >= 21_000);
});

test('batches are gathered for a moment, halved when one fails for its texts, and one text alone set aside', async (t) => {
  const { vectors, db, write, made } = await start(t);
  const asked: BatchAsk[] = [];
  let nowMs = 0;
  const upkeep = new VectorUpkeep({
    db,
    vectors,
    ask: (batch) => asked.push(batch),
    nowMs: () => nowMs,
    onError: (error) => {
      throw error;
    },
  });
  /** Lets time go by until it asks for something; the milliseconds that took. */
  const untilAsked = (): number => {
    const fromMs = nowMs;
    const before = asked.length;
    for (let steps = 0; steps < 100; steps += 1) {
      const waitMs = upkeep.step();
      if (asked.length > before) return nowMs - fromMs;
      nowMs += Math.max(1, waitMs);
    }
    assert.fail('it asks for nothing');
  };
  const last = () => asked.at(-1)?.texts.length;
  while (upkeep.step() < 60_000) nowMs += 1;
  write(Array.from({ length: 40 }, (_, at) => `message ${at}`));
  const waitedMs = untilAsked();
  assert.ok(waitedMs >= 200 && waitedMs < 1000, `${waitedMs} ms`);
  assert.deepEqual([last(), asked[0]?.texts[0], asked[0]?.length], [32, 'message 39', null]);
  assert.ok(upkeep.step() > 60_000, 'one batch at a time');

  for (const expected of [16, 8, 4, 2, 1]) {
    upkeep.answered({ retryInMs: 1000, mayBeTexts: true });
    assert.ok(untilAsked() >= 1000);
    assert.equal(last(), expected);
  }
  assert.deepEqual(asked.at(-1)?.texts, ['message 39']);
  upkeep.answered({ retryInMs: 0, mayBeTexts: true });
  untilAsked();
  assert.deepEqual(asked.at(-1)?.texts, ['message 38']);
  const succeed = (): void => {
    upkeep.answered({ vectors: (asked.at(-1)?.texts ?? []).map((text) => made(text)) });
    untilAsked();
  };
  // Another has got through: once more.
  succeed();
  assert.deepEqual(asked.at(-1)?.texts, ['message 39', 'message 37']);
  assert.equal(asked.at(-1)?.length, LENGTH);
  upkeep.answered({ retryInMs: 0, mayBeTexts: true });
  untilAsked();
  assert.deepEqual(asked.at(-1)?.texts, ['message 39']);
  upkeep.answered({ retryInMs: 0, mayBeTexts: true });
  untilAsked();
  assert.deepEqual(asked.at(-1)?.texts, ['message 37']);
  succeed();
  assert.deepEqual(asked.at(-1)?.texts, ['message 36', 'message 35']);
  // And again in ten minutes.
  const sinceMs = nowMs;
  while (!asked.at(-1)?.texts.includes('message 39')) succeed();
  assert.ok(nowMs - sinceMs > 500_000);
  assert.equal(db.prepare('SELECT count(*) FROM message_vectors').pluck().get(), 39);
});

test('a message that is alone is tried again and again, as often as the endpoint allows', async (t) => {
  const { vectors, db, write, made } = await start(t);
  const asked: BatchAsk[] = [];
  let nowMs = 0;
  const ask = (batch: BatchAsk) => asked.push(batch);
  const upkeep = new VectorUpkeep({ db, vectors, ask, nowMs: () => nowMs, onError: assert.ifError });
  write(['alone']);
  for (const expected of [1, 2, 3, 4]) {
    while (asked.length < expected) {
      nowMs += Math.max(1, Math.min(60_000, upkeep.step()));
      assert.ok(nowMs < 1_000_000);
    }
    upkeep.answered({ retryInMs: 60_000, mayBeTexts: true });
  }
  while (asked.length < 5) nowMs += Math.max(1, Math.min(60_000, upkeep.step()));
  upkeep.answered({ vectors: [made('alone')] });
  upkeep.step();
  assert.equal(db.prepare('SELECT count(*) FROM message_vectors').pluck().get(), 1);
});

test('a message that a working endpoint refuses is not asked for again and again', async (t) => {
  const { vectors, db, write } = await start(t);
  const asked: BatchAsk[] = [];
  let nowMs = 0;
  const ask = (batch: BatchAsk) => asked.push(batch);
  const upkeep = new VectorUpkeep({ db, vectors, ask, nowMs: () => nowMs, onError: assert.ifError });
  write(['refused']);
  while (nowMs < 60 * 60_000) {
    const before = asked.length;
    const waitMs = upkeep.step();
    if (asked.length > before) upkeep.answered({ retryInMs: 0, mayBeTexts: true });
    else nowMs += Math.max(1, waitMs);
  }
  assert.ok(asked.length > 2 && asked.length < 10, `${asked.length} requests in an hour`);
});

test('among very many, the nearest are found, of the channel and from before the seq', async (t) => {
  const { vectors, db, path, functions, write, create, made } = await start(t);
  create('other');
  write([
    'a red car',
    ...Array.from({ length: 2000 }, (_, at) => `w${'abcdefghij'[at % 10]}${at}x`),
    'my car',
  ]);
  write(['his car'], 'other');
  const backlog = new VectorBacklog(db, vectors.space);
  while (!(backlog.isComplete && backlog.isEmpty)) {
    backlog.look(shortPace());
    db.transaction(() => {
      for (const message of backlog.take(1000, 1_000_000)) {
        vectors.keep(message, made(message.text));
        backlog.done(message.id);
      }
    })();
  }
  const search = new VectorSearch(functions.open(path), MODEL, 0.3);
  t.after(() => search.close());
  const nearest = (text: string, channelId = 'default', beforeSeq = 1e9, length = LENGTH) =>
    search.nearest(made(text, length), { principal: 'ada', channelId, beforeSeq })?.seqs;
  assert.deepEqual(nearest('car'), [4003, 1]);
  assert.deepEqual(nearest('car', 'default', 4003), [1]);
  assert.deepEqual(nearest('car', 'other'), [1]);
  assert.deepEqual(nearest('whale'), []);
  assert.equal(nearest('car', 'nowhere'), undefined);
  assert.equal(nearest('car', 'default', 1e9, 64), undefined, 'of another length');
  const plan = db
    .prepare<[], { detail: string }>(
      'EXPLAIN QUERY PLAN SELECT message, bits FROM message_vectors WHERE channel = 1 AND space = 1 AND message >= 1',
    )
    .all();
  assert.deepEqual(
    plan.map(({ detail }) => detail),
    ['SEARCH message_vectors USING COVERING INDEX coarse_vectors (channel=? AND space=? AND message>?)'],
  );
});
