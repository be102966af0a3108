import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { BackOff } from './back-off.js';
import { EmbeddingsFailure, readAnswer } from './embeddings-answer.js';
import { EmbeddingsClient } from './embeddings-client.js';
import { byWords, embeddingsServer, type Misbehaviour } from './embeddings-endpoint.js';
import { type EmbeddingsEndpoint, embeddedPart } from './embeddings-messages.js';
import { RecentVectors } from './recent-vectors.js';

const start = async (t: TestContext, change: Partial<EmbeddingsEndpoint> = {}) => {
  const server = await embeddingsServer(t);
  const client = new EmbeddingsClient({
    baseUrl: server.baseUrl,
    model: 'words-1',
    apiKey: null,
    dimensions: 0,
    timeoutMs: 30_000,
    ...change,
  });
  return { server, client };
};

test('asks for all texts at once, and gives the vectors in their order', async (t) => {
  const { server, client } = await start(t, { apiKey: 'sk-secret', dimensions: 16 });
  const texts = ['one', 'two', 'three'];
  const expected = texts.map((text) => byWords(text, 16));
  assert.deepEqual(await client.embed(texts), expected);
  server.asNumbers = true;
  assert.deepEqual(await client.embed(texts), expected);
  const ask = {
    path: '/v1/embeddings',
    authorization: 'Bearer sk-secret',
    model: 'words-1',
    input: texts,
    dimensions: 16,
  };
  assert.deepEqual(server.asked, [ask, ask]);
});

test('without a key and without dimensions it names neither', async (t) => {
  const { server, client } = await start(t);
  await client.embed(['one']);
  assert.deepEqual([server.asked[0]?.authorization, server.asked[0]?.dimensions], [undefined, undefined]);
});

const status =
  (code: number, headers: Record<string, string> = {}): Misbehaviour =>
  (response) =>
    void response.writeHead(code, headers).end('{"error":{"message":"you said: one, with sk-secret"}}');
const body =
  (text: string): Misbehaviour =>
  (response) =>
    void response.end(text);

for (const [what, misbehave, clause, facts] of [
  ['a wrong key', status(401), /^it answered 401, so check the key/, {}],
  ['a wrong model', status(404), /^it answered 404, so check memory\.embeddings\.base_url/, {}],
  ['too many requests', status(429, { 'retry-after': '7' }), /429, too many/, { retryAfterMs: 7000 }],
  ['a text it refuses', status(400), /^it answered 400$/, { mayBeTexts: true, refused: true }],
  ['an error of its own', status(500), /^it answered 500$/, { mayBeTexts: true }],
  [
    'a redirect',
    status(307, { location: 'http://127.0.0.1:1/' }),
    /^it answered 307, a redirect, which is not followed/,
    {},
  ],
  ['no answer', (response) => void response.destroy(), /^it cannot be reached \(\w+\)$/, {}],
  ['no JSON', body('<html>'), /^its answer is not JSON/, { mayBeTexts: true }],
  ['no list', body('{"data":{}}'), /^its answer has no list/, { mayBeTexts: true }],
  ['too few', body('{"data":[]}'), /^its answer has 0 vectors for 1 texts$/, { mayBeTexts: true }],
  [
    'no number',
    body('{"data":[{"index":0,"embedding":[1,null]}]}'),
    /^its answer has something else/,
    { mayBeTexts: true },
  ],
  ['all zero', body('{"data":[{"index":0,"embedding":[0,0]}]}'), /no direction/, { mayBeTexts: true }],
  ['beyond numbers', body('{"data":[{"embedding":[1e39]}]}'), /no direction/, { mayBeTexts: true }],
  ['half a number', body('{"data":[{"embedding":"AAAA"}]}'), /ends within a number/, { mayBeTexts: true }],
  [
    'an index of its own',
    body('{"data":[{"index":1,"embedding":[1]}]}'),
    /which vector is whose/,
    { mayBeTexts: true },
  ],
  [
    'too much',
    (response) => {
      // More than is read: it ends when it is closed.
      const piece = ' '.repeat(1024 * 1024);
      const more = (): void => {
        while (response.write(piece));
      };
      response.on('drain', more);
      more();
    },
    /^its answer is larger than 16 MiB$/,
    { mayBeTexts: true },
  ],
] as const satisfies readonly (readonly [string, Misbehaviour, RegExp, object])[]) {
  test(`${what} is a failure in one clause that repeats nothing`, async (t) => {
    const { server, client } = await start(t, { apiKey: 'sk-secret' });
    server.misbehave = misbehave;
    await assert.rejects(client.embed(['one']), (error) => {
      assert.ok(error instanceof EmbeddingsFailure);
      assert.match(error.message, clause);
      assert.doesNotMatch(error.message, /sk-secret|you said/);
      const { mayBeTexts, refused, retryAfterMs } = error;
      assert.deepEqual(
        { mayBeTexts, refused, retryAfterMs },
        { mayBeTexts: false, refused: false, retryAfterMs: null, ...facts },
      );
      return true;
    });
    server.misbehave = null;
    assert.equal((await client.embed(['one'])).length, 1);
  });
}

test('an endpoint that does not answer is given up in time, its body included', async (t) => {
  const { server, client } = await start(t, { timeoutMs: 50 });
  for (const begins of [false, true]) {
    server.misbehave = (response) => {
      if (begins) response.write('{"data":');
    };
    await assert.rejects(
      client.embed(['one']),
      /^EmbeddingsFailure: it did not answer within 0\.05 seconds$/,
    );
  }
});

test('vectors of another length than before are refused, with what to do', async (t) => {
  const { server, client } = await start(t);
  client.expect(256);
  await client.embed(['one']);
  server.length = 32;
  await assert.rejects(client.embed(['one']), /vectors of 32 numbers where 256 were expected, so set memory/);
});

test('any other text than a right answer is a failure', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((data) => `{"data":[${data}]}`),
      ),
      (text) => {
        assert.throws(() => readAnswer(text, { count: 2, length: null }), EmbeddingsFailure);
      },
    ),
  );
});

test('an answer gives back the vectors that are in it, as numbers or as bytes', () => {
  // JSON.stringify writes −0 as 0.
  const number = fc.float({ min: -1, max: 1, noNaN: true }).map((one) => one + 0);
  fc.assert(
    fc.property(
      fc.array(fc.array(number, { minLength: 3, maxLength: 3 }), { minLength: 1 }),
      fc.boolean(),
      (rows, asBytes) => {
        const vectors = rows.map((row) => Float32Array.from([1, ...row]));
        const data = vectors.map((vector, index) => ({
          index,
          embedding: asBytes ? Buffer.from(vector.buffer).toString('base64') : [...vector],
        }));
        const read = readAnswer(JSON.stringify({ data }), { count: rows.length, length: 4 });
        assert.deepEqual(read, vectors);
      },
    ),
  );
});

test('what is embedded of a text is its beginning, and never half a character', () => {
  assert.equal(embeddedPart('x'.repeat(9000)).length, 8000);
  const cut = embeddedPart(`${'x'.repeat(7999)}😀`);
  assert.ok(cut.isWellFormed() && cut.length === 8000);
});

test('each failure leaves the endpoint alone for longer, up to a minute, and one success ends that', () => {
  const backOff = new BackOff();
  const waits: number[] = [];
  let nowMs = 0;
  for (let at = 0; at < 8; at += 1) {
    backOff.failed(nowMs);
    backOff.failed(nowMs);
    waits.push(backOff.waitMs(nowMs));
    nowMs += backOff.waitMs(nowMs);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  backOff.worked();
  backOff.failed(nowMs, 90_000);
  assert.equal(backOff.waitMs(nowMs), 90_000);
});

test('vectors of the last texts are kept for a minute, and not too many', () => {
  const recent = new RecentVectors();
  const vector = new Float32Array(1);
  for (let at = 0; at < 300; at += 1) recent.keep(`text ${at}`, vector, at);
  assert.equal(recent.get('text 0', 300), null);
  assert.equal(recent.get('text 299', 300), vector);
  assert.equal(recent.get('text 299', 299 + 60_000), null);
});
