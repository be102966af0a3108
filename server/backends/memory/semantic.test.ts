/** Recall and search by meaning: the memory with embeddings on, against a real endpoint. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { memoryContract } from './contract.js';
import { converse, diskDirectory, newMessage, replyEnd, replyTo, seqOf } from './contract-helpers.js';
import {
  byText,
  type EmbeddingsServer,
  embeddingsServer,
  startEmbeddingsServer,
} from './embeddings-endpoint.js';
import type { EmbeddingsOptions, EmbeddingsReport } from './embeddings-messages.js';
import { addFunctions } from './migrations.js';
import { openSqliteMemory, type SqliteMemory } from './sqlite.js';

// Meaning is nothing but the same text here, so that what the contract says of words holds.
let same: EmbeddingsServer;
before(async () => {
  same = await startEmbeddingsServer(byText);
});
after(() => same.close());
memoryContract('SQLite with embeddings', (dir) =>
  openSqliteMemory({ path: join(dir, 'openclaw.db'), embeddings: optionsFor(same) }),
);

const optionsFor = (
  { baseUrl }: EmbeddingsServer,
  change: Partial<EmbeddingsOptions> = {},
): EmbeddingsOptions => ({
  baseUrl,
  model: 'words-1',
  apiKey: null,
  dimensions: 0,
  timeoutMs: 30_000,
  minSimilarity: 0.3,
  ...change,
});

const open = async (t: TestContext, dir: string, embeddings: EmbeddingsOptions | null) => {
  const path = join(dir, 'openclaw.db');
  const reports: EmbeddingsReport[] = [];
  const memory = await openSqliteMemory({ path, embeddings, onEmbeddings: (report) => reports.push(report) });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  return { path, memory, reports };
};

const start = async (t: TestContext, change: Partial<EmbeddingsOptions> = {}) => {
  const server = await embeddingsServer(t);
  const dir = await diskDirectory(t);
  return { dir, server, ...(await open(t, dir, optionsFor(server, change))) };
};

const search = async (memory: SqliteMemory, query: string, channelId = 'default') =>
  (await memory.search('ada', channelId, { query, limit: 10 }))?.map(({ content }) => content);

/** Asks the database from outside again and again, so that no time has to be guessed. */
const until = async (path: string, query: string, expected: unknown): Promise<void> => {
  const db = new Sqlite(path, { readonly: true });
  try {
    const statement = db.prepare(query).pluck();
    const startMs = performance.now();
    for (let is = statement.get(); is !== expected; is = statement.get()) {
      assert.ok(performance.now() - startMs < 120_000, `${query} is ${is}, not ${expected}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    db.close();
  }
};
const vectors = (path: string, count: number): Promise<void> =>
  until(path, 'SELECT count(*) FROM message_vectors', count);
const number = (path: string, query: string): unknown => {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.prepare(query).pluck().get();
  } finally {
    db.close();
  }
};

test('search finds what means the same, and what has the words as well before it', async (t) => {
  const { dir, path, memory, server } = await start(t);
  await converse(memory, newMessage('my automobile is red'), 'the doctor says so');
  await converse(memory, newMessage('the car is blue'), 'no');
  await vectors(path, 4);
  assert.deepEqual(await search(memory, 'car'), ['the car is blue', 'my automobile is red']);
  assert.deepEqual((await search(memory, 'vehicle'))?.toSorted(), [
    'my automobile is red',
    'the car is blue',
  ]);
  const hits = await memory.search('ada', 'default', { query: 'car', limit: 1 });
  assert.deepEqual(
    hits?.map(({ score, content }) => [score, content]),
    [[1, 'the car is blue']],
  );
  assert.deepEqual(await search(memory, 'whale'), []);

  // The same database by words alone.
  await memory.close();
  const words = await open(t, dir, null);
  assert.deepEqual(await search(words.memory, 'car'), ['the car is blue']);
  assert.deepEqual(await search(words.memory, 'vehicle'), []);
  assert.ok(
    server.asked.every(({ model, path: asked }) => model === 'words-1' && asked === '/v1/embeddings'),
  );
});

test('recall brings back what means the same, and only from before', async (t) => {
  const { path, memory } = await start(t);
  await converse(memory, newMessage('my automobile ..........................'), 'noted');
  // 40 bytes each: 10 tokens.
  for (let at = 0; at < 10; at += 1) {
    const filler = `${'abcdefghij'[at]} filler`.padEnd(40, 'x');
    await converse(memory, newMessage(filler), filler);
  }
  await vectors(path, 22);
  const recalled = async (query: string, beforeSeq: number): Promise<readonly number[]> =>
    (await memory.recall('ada', 'default', { query, beforeSeq, maxTokens: 60 })).map(({ seq }) => seq);
  assert.ok((await recalled('which vehicle', 23)).includes(1));
  assert.ok(!(await recalled('which whale', 23)).includes(1));
  assert.deepEqual(await recalled('which vehicle', 1), []);
});

test('a channel’s vectors are its own, and go with it, from the disk as well', async (t) => {
  const { dir, path, memory } = await start(t);
  const channel = { channelId: 'garage', name: '', metadata: {}, createdAtMs: 0 };
  await memory.createChannel('ada', channel, 10);
  await converse(memory, newMessage('red automobile', { channelId: 'garage' }), 'blue vehicle');
  await converse(memory, newMessage('kept'), 'as well');
  await vectors(path, 4);
  assert.deepEqual(await search(memory, 'car'), []);
  assert.equal((await search(memory, 'car', 'garage'))?.length, 2);

  const db = new Sqlite(path, { readonly: true });
  const embedding = db
    .prepare<[], Buffer>('SELECT embedding FROM message_vectors ORDER BY message LIMIT 1')
    .pluck()
    .get() as Buffer;
  db.close();
  const held = (): boolean =>
    readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(embedding));
  assert.ok(held());
  assert.equal(await memory.deleteChannel('ada', 'garage'), true);
  await vectors(path, 2);
  const startMs = performance.now();
  while (held()) {
    assert.ok(performance.now() - startMs < 120_000, 'it stays on the disk');
    await memory.listChannels('ada');
  }
});

test('what an import brings back from before does not hide what came later', async (t) => {
  const { path, memory } = await start(t);
  const line = (seq: number, content: string): string =>
    JSON.stringify({
      type: 'message',
      principal: 'ada',
      channel: 'default',
      seq,
      message_id: `msg-${seq}`,
      role: 'user',
      created_at: '2026-03-20T10:15:23.000Z',
      client_id: 'cli',
      content,
    });
  await memory.importLines([line(11, 'red automobile')], 10);
  assert.deepEqual((await memory.importLines([line(1, 'blue vehicle')], 10)).errors, []);
  await vectors(path, 2);
  assert.equal((await search(memory, 'car'))?.length, 2);
});

test('a reply gets its vector when it has ended, an empty one never', async (t) => {
  const { path, memory, server } = await start(t);
  const message = newMessage('hello');
  const reply = replyTo(message, seqOf(await memory.addMessage(message)));
  await memory.appendReply(reply, 'the automo');
  await vectors(path, 1);
  await memory.finishReply(reply, replyEnd('bile'));
  await vectors(path, 2);
  await converse(memory, newMessage('bye'), '');
  await vectors(path, 3);
  const said = server.asked.flatMap(({ input }) => input);
  assert.deepEqual(said.toSorted(), ['bye', 'hello', 'the automobile']);
});

test('what was written without embeddings is made up for, newest first', async (t) => {
  const dir = await diskDirectory(t);
  const server = await embeddingsServer(t);
  const words = await open(t, dir, null);
  const channel = { channelId: 'other', name: '', metadata: {}, createdAtMs: 0 };
  await words.memory.createChannel('ada', channel, 10);
  for (let at = 0; at < 40; at += 1) {
    await converse(words.memory, newMessage(`message ${at}`), `reply ${at}`);
  }
  await converse(words.memory, newMessage('in the other', { channelId: 'other' }), 'channel');
  await words.memory.close();

  const { path } = await open(t, dir, optionsFor(server));
  await vectors(path, 82);
  const asked = server.asked.flatMap(({ input }) => input);
  assert.deepEqual(asked.slice(0, 4), ['channel', 'in the other', 'reply 39', 'message 39']);
  assert.ok(server.asked.every(({ input }) => input.length <= 32));
  assert.equal(new Set(asked).size, asked.length);
});

test('another model makes all vectors anew, and the old ones are not compared with', async (t) => {
  const { dir, path, memory, server } = await start(t);
  await converse(memory, newMessage('red automobile'), 'blue vehicle');
  await vectors(path, 2);
  await memory.close();
  server.length = 96;
  server.misbehave = (response) => void response.writeHead(503).end();
  const next = await open(t, dir, optionsFor(server, { model: 'words-2' }));
  assert.deepEqual(await search(next.memory, 'car'), []);
  server.misbehave = null;
  const made = `SELECT count(*) FROM message_vectors JOIN vector_spaces ON vector_spaces.id = space
    WHERE model = 'words-2' AND vector_spaces.length = 96 AND length(embedding) = 4 * 96`;
  await until(path, made, 2);
  assert.equal(number(path, 'SELECT count(*) FROM message_vectors'), 2);
  assert.equal((await search(next.memory, 'car'))?.length, 2);
});

test('a model that gives other vectors under the same name is told, and its vectors are not mixed with the others', async (t) => {
  const { dir, path, memory, server } = await start(t);
  await converse(memory, newMessage('red automobile'), 'blue vehicle');
  await vectors(path, 2);
  await memory.close();
  server.length = 32;
  const next = await open(t, dir, optionsFor(server));
  // The vector of the query is known when that of the message is asked for.
  assert.deepEqual(await search(next.memory, 'car'), []);
  await next.memory.addMessage(newMessage('car'));
  assert.deepEqual(await search(next.memory, 'car'), ['car']);
  const startMs = performance.now();
  while (next.reports.length === 0) {
    assert.ok(performance.now() - startMs < 120_000, 'it is not told');
    await next.memory.listChannels('ada');
  }
  const [report] = next.reports;
  assert.match(
    report?.ok === false ? report.sentence : '',
    /fails: it gives vectors of 32 numbers where 256 were expected, so set memory\.embeddings\.dimensions to what/,
  );
  assert.equal(number(path, 'SELECT count(DISTINCT length(embedding)) FROM message_vectors'), 1);
  await next.memory.close();

  const after = await open(t, dir, optionsFor(server, { dimensions: 32 }));
  await until(path, 'SELECT count(*) FROM message_vectors WHERE length(embedding) = 4 * 32', 3);
  assert.equal((await search(after.memory, 'vehicle'))?.length, 3);
});

test('an endpoint that refuses one text after another is one that fails, and is left alone', async (t) => {
  const { path, memory, server, reports } = await start(t);
  await memory.addMessage(newMessage('red automobile'));
  await vectors(path, 1);
  server.misbehave = (response) => void response.writeHead(400).end();
  for (let at = 0; at < 40; at += 1) await memory.addMessage(newMessage(`message ${at}`));
  const startMs = performance.now();
  while (reports.length === 0) {
    assert.ok(performance.now() - startMs < 120_000, 'it is not told');
    await memory.listChannels('ada');
  }
  const [report] = reports;
  assert.match(report?.ok === false ? report.sentence : '', /fails: it answered 400/);
  assert.ok(server.asked.length < 30, `${server.asked.length} requests`);
  server.misbehave = null;
  await vectors(path, 41);
});

test('a model of an odd number of dimensions will do', async (t) => {
  const { path, memory } = await start(t, { dimensions: 251 });
  await converse(memory, newMessage('red automobile'), 'sky');
  await vectors(path, 2);
  assert.deepEqual(await search(memory, 'car'), ['red automobile']);
});

test('while the endpoint fails, words alone count; it is said once, and made up for afterwards', async (t) => {
  const { path, memory, server, reports } = await start(t, { apiKey: 'sk-secret' });
  await converse(memory, newMessage('red automobile'), 'a car');
  await vectors(path, 2);
  server.misbehave = (response) => void response.writeHead(500).end('sk-secret');
  await converse(memory, newMessage('blue automobile'), 'another car');
  for (const query of ['car', 'car there', 'automobile']) await search(memory, query);
  assert.deepEqual(await search(memory, 'an car'), []);
  await memory.addMessage(newMessage('not held up'));
  const failing = reports.map((report) => (report.ok ? 'works' : report.sentence));
  assert.deepEqual(failing, [
    `The embeddings endpoint ${new URL(server.baseUrl).origin} fails: it answered 500. Recall and search go by words alone meanwhile.`,
  ]);
  server.misbehave = null;
  await vectors(path, 5);
  assert.deepEqual(reports.at(-1), { ok: true });
  assert.equal(reports.length, 2);
  assert.ok(server.asked.every(({ authorization }) => authorization === 'Bearer sk-secret'));
});

test('a call that waits for its vector holds nobody up, and goes without after a second', async (t) => {
  const { memory, server } = await start(t);
  await memory.addMessage(newMessage('a car'));
  server.misbehave = () => {};
  const order: string[] = [];
  const found = search(memory, 'car').then((hits) => {
    order.push('search');
    return hits;
  });
  await memory.addMessage(newMessage('another car')).then(() => order.push('message'));
  assert.deepEqual((await found)?.toSorted(), ['a car', 'another car']);
  assert.deepEqual(order, ['message', 'search']);
});

test('a text that the endpoint refuses is in nobody’s way', async (t) => {
  const { path, memory, server } = await start(t);
  server.misbehave = (response, { input }) => {
    if (input.includes('poison')) return void response.writeHead(400).end();
    const embedding = [1, 2, 3, 4, 5, 6, 7, 8];
    response.end(JSON.stringify({ data: input.map((_text, index) => ({ index, embedding })) }));
  };
  const said = Array.from({ length: 20 }, (_, at) => (at === 13 ? 'poison' : `message ${at}`));
  await Promise.all(said.map((content) => memory.addMessage(newMessage(content))));
  await vectors(path, 19);
});

test('a text whose message has gone while it was away leaves nothing behind, whoever has its row number', async (t) => {
  const { path, memory, server } = await start(t);
  await memory.createChannel('ada', { channelId: 'brief', name: '', metadata: {}, createdAtMs: 0 }, 10);
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => {
    server.misbehave = (response, { input }) => {
      server.misbehave = null;
      answer = () => {
        const embedding = Array.from({ length: 256 }, () => 1);
        response.end(JSON.stringify({ data: input.map((_text, index) => ({ index, embedding })) }));
      };
      resolve();
    };
  });
  await memory.addMessage(newMessage('gone', { channelId: 'brief' }));
  await held;
  await memory.deleteChannel('ada', 'brief');
  await until(path, 'SELECT count(*) FROM messages', 0);
  await memory.addMessage(newMessage('a car'));
  assert.equal(number(path, 'SELECT min(id) FROM messages'), 1);
  answer();
  await vectors(path, 1);
  assert.deepEqual(await search(memory, 'vehicle'), ['a car']);
});

test('an endpoint that does not answer gets no more than so many queries, however long they are given up already', async (t) => {
  const { memory, server } = await start(t);
  await memory.addMessage(newMessage('a car'));
  server.misbehave = () => {};
  for (let round = 0; round < 2; round += 1) {
    const queries = Array.from({ length: 100 }, (_, at) => search(memory, `car ${round} ${at}`));
    assert.equal((await Promise.all(queries)).flat().length, 0);
  }
  const startMs = performance.now();
  assert.deepEqual(await search(memory, 'car'), ['a car']);
  assert.ok(performance.now() - startMs < 900, 'it waits for what will not come');
  assert.ok(server.asked.length <= 65, `${server.asked.length} requests`);
});

test('closing does not wait for the endpoint, and answers what was asked before', async (t) => {
  const { memory, server } = await start(t);
  await memory.addMessage(newMessage('a car'));
  server.misbehave = () => {};
  const found = search(memory, 'car');
  const startMs = performance.now();
  await memory.close();
  assert.ok(performance.now() - startMs < 20_000);
  assert.deepEqual(await found, ['a car']);
  await assert.rejects(search(memory, 'car'), /closed/);
});

test('check, stats, backup and a program without sqlite-vec go on with a database that has vectors', async (t) => {
  const { dir, path, memory } = await start(t);
  await converse(memory, newMessage('red automobile'), 'a car');
  await vectors(path, 2);
  assert.deepEqual((await memory.check()).problems, []);
  assert.equal((await memory.stats()).messages, 2);
  assert.equal((await memory.backup('copy.db', false)).outcome, 'written');
  assert.equal(number(join(dir, 'backups', 'copy.db'), 'SELECT count(*) FROM message_vectors'), 2);
  const page = await memory.exportLines({
    principal: null,
    channel: null,
    after: null,
    limit: 9,
    maxBytes: 9999,
  });
  assert.ok(typeof page === 'object' && page.lines.length > 0);
  await memory.close();

  const plain = new Sqlite(path);
  t.after(() => plain.close());
  plain.pragma('foreign_keys = ON');
  assert.equal(plain.pragma('integrity_check', { simple: true }), 'ok');
  addFunctions(plain);
  plain.exec('DELETE FROM messages WHERE seq = 1');
  assert.equal(plain.prepare('SELECT count(*) FROM message_vectors').pluck().get(), 1);
});
