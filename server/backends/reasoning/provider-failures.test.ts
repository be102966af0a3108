/** What a provider can do wrong, each against a real server that does it, for both makers' words. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { listen } from './contract.js';
import { asking, failure, openReasoning } from './opened-for-tests.js';
import {
  anthropicEvent,
  beginStream,
  endEvents,
  rawProvider,
  refuses,
  type Script,
  says,
  wordEvent,
} from './raw-provider.js';
import type { ProviderKind } from './settings.js';
import { askedFrom } from './settings-for-tests.js';

const KINDS: readonly ProviderKind[] = ['openai-compatible', 'anthropic'];

/** A port of loopback that nobody listens on. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** How often it was asked, what a client hears, and what the operator does. */
interface Expected {
  readonly requests: number;
  readonly retryable: boolean;
  readonly sentence: RegExp;
  readonly said?: string;
}

const CUT_BYTES = (kind: ProviderKind): Buffer => {
  const bytes = Buffer.from(wordEvent(kind, '😀'));
  return bytes.subarray(0, bytes.indexOf(Buffer.from('😀')) + 2);
};

const FAILURES: readonly (readonly [
  what: string,
  script: (kind: ProviderKind) => Script,
  expected: Expected,
])[] = [
  [
    'a wrong key',
    () => refuses(401),
    { requests: 1, retryable: false, sentence: /is down: it answered 401, so check the key\.$/ },
  ],
  [
    'a key that may not do this',
    () => refuses(403),
    { requests: 1, retryable: false, sentence: /answered 403/ },
  ],
  [
    'a wrong model',
    () => refuses(404),
    { requests: 1, retryable: false, sentence: /answered 404, so check its base_url and model/ },
  ],
  [
    'a request that it does not take',
    () => refuses(400),
    { requests: 1, retryable: false, sentence: /answered 400/ },
  ],
  [
    'too many requests',
    () => refuses(429, { 'retry-after': '0' }),
    { requests: 3, retryable: true, sentence: /answered 429, too many/ },
  ],
  [
    'too many requests for long',
    () => refuses(429, { 'retry-after': '3600' }),
    { requests: 1, retryable: true, sentence: /answered 429/ },
  ],
  ['an error of its own', () => refuses(500), { requests: 3, retryable: true, sentence: /answered 500\.$/ }],
  [
    'overload',
    () => refuses(529),
    { requests: 3, retryable: true, sentence: /answered 529, it is overloaded/ },
  ],
  [
    'a redirect',
    () => refuses(307, { location: 'http://127.0.0.1:9/' }),
    { requests: 1, retryable: false, sentence: /answered 307, a redirect/ },
  ],
  [
    'a connection that ends',
    () => (response) => void response.destroy(),
    { requests: 3, retryable: true, sentence: /it (cannot be reached|ended)/ },
  ],
  [
    'a page',
    () => (response) => void beginStream(response).end('<html>'),
    { requests: 3, retryable: true, sentence: /ended in the middle/ },
  ],
  [
    'no words',
    (kind) => says(kind),
    { requests: 3, retryable: true, sentence: /ended its reply without a word/ },
  ],
  [
    'no JSON',
    () => (response) =>
      void beginStream(response).end('event: content_block_delta\ndata: {"choices": nonsense}\n\n'),
    { requests: 3, retryable: true, sentence: /sent something that is no reply/ },
  ],
  [
    'JSON that is something else',
    () => (response) => void beginStream(response).end('event: content_block_delta\ndata: null\n\n'),
    { requests: 3, retryable: true, sentence: /sent something that is no reply/ },
  ],
  [
    'an error within the stream',
    (kind) => (response) =>
      void beginStream(response).end(
        kind === 'anthropic'
          ? anthropicEvent('error', { error: { type: 'overloaded_error', message: 'swordfish' } })
          : 'data: {"error":{"message":"swordfish","type":"server_error"}}\n\n',
      ),
    { requests: 3, retryable: true, sentence: /reported an error of its own/ },
  ],
  [
    'an event that never ends',
    () => (response) => {
      beginStream(response);
      const piece = 'x'.repeat(1024 * 1024);
      const more = (): void => {
        while (response.write(piece));
      };
      response.on('drain', more);
      more();
    },
    { requests: 3, retryable: true, sentence: /sent something that is no reply/ },
  ],
  [
    'a stream cut within an event',
    (kind) => (response) => {
      beginStream(response).write(wordEvent(kind, 'so far'));
      response.end(wordEvent(kind, 'never heard').slice(0, -9));
    },
    { requests: 1, retryable: true, sentence: /ended in the middle of its reply/, said: 'so far' },
  ],
  [
    'a stream cut within a character',
    (kind) => (response) => {
      beginStream(response).write(wordEvent(kind, 'so far'));
      response.write(CUT_BYTES(kind), () => response.destroy());
    },
    { requests: 1, retryable: true, sentence: /ended in the middle of its reply/, said: 'so far' },
  ],
];

for (const kind of KINDS) {
  for (const [what, script, { requests, retryable, sentence, said = '' }] of FAILURES) {
    test(`${kind}: ${what} is told in its place, and a client hears no word of it`, async (t) => {
      const server = await rawProvider(t, script(kind));
      const { reasoning, news } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
      const heard = listen(reasoning, asking('a message'));
      const end = await heard.ended;
      assert.deepEqual(end.error, failure(kind, retryable));
      assert.deepEqual(
        [end.finishReason, heard.chunks.join(''), server.asked.length],
        ['error', said, requests],
      );
      assert.deepEqual([news.length, news[0]?.section], [1, 'reasoning']);
      assert.match(news[0]?.sentence ?? '', sentence);
      assert.doesNotMatch(news[0]?.sentence ?? '', /swordfish|a message/);
      // It works again as soon as the provider does.
      server.script = says(kind, 'well', ' again');
      const next = listen(reasoning, asking('a message'));
      assert.equal((await next.ended).finishReason, 'stop');
      assert.equal(next.chunks.join(''), 'well again');
    });
  }

  test(`${kind}: a reply that never ends is cut, and its connection with it`, async (t) => {
    const word = wordEvent(kind, 'x'.repeat(64 * 1024));
    const server = await rawProvider(t, (response) => {
      beginStream(response);
      const more = (): void => {
        while (response.write(word));
      };
      response.on('drain', more);
      more();
    });
    const { reasoning } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const heard = listen(reasoning, asking('hello'));
    const end = await heard.ended;
    assert.equal(end.finishReason, 'length');
    assert.equal(heard.chunks.join('').length, 8 * 1024 * 1024);
    await server.asked[0]?.closed;
  });

  test(`${kind}: where nobody listens, and where nobody answers before or in the middle of a reply`, async (t) => {
    const port = await freePort();
    const refused = openReasoning(t, askedFrom([{ kind, baseUrl: `http://127.0.0.1:${port}/v1` }]));
    const unreached = await listen(refused.reasoning, asking('hello')).ended;
    assert.deepEqual(unreached.error, failure(kind, true));
    assert.match(refused.news[0]?.sentence ?? '', /cannot be reached \(ECONNREFUSED\)\.$/);

    const server = await rawProvider(t, () => {});
    const providers = [{ kind, baseUrl: server.baseUrl }];
    const hanging = openReasoning(t, askedFrom(providers, { firstTokenTimeoutMs: 500 }));
    assert.deepEqual((await listen(hanging.reasoning, asking('hello')).ended).error, failure(kind, true));
    await Promise.all(server.asked.map(({ closed }) => closed));
    assert.match(hanging.news[0]?.sentence ?? '', /did not begin to reply within 0\.5 seconds/);
    // A slow machine may have asked too late to be heard at all.
    const before = server.asked.length;
    assert.ok(before <= 1);
    server.script = (response) => beginStream(response).write(wordEvent(kind, 'so far'));
    hanging.reasoning.configure(askedFrom(providers, { timeoutMs: 100 }));
    const heard = listen(hanging.reasoning, asking('hello'));
    const end = await heard.ended;
    assert.deepEqual(
      [end.finishReason, heard.chunks, server.asked.length],
      ['error', ['so far'], before + 1],
    );
    assert.ok(end.usage.estimated === true && end.usage.output === 2);
    await server.asked.at(-1)?.closed;
    assert.match(
      hanging.news.at(-1)?.sentence ?? '',
      /fell silent in the middle of its reply for 0\.1 seconds/,
    );
  });

  test(`${kind}: a failure that passes is passed over, and a reply whose end came is whole`, async (t) => {
    const server = await rawProvider(t, (response, nth, asked) => {
      if (nth === 0) refuses(503)(response, nth, asked);
      else if (nth === 1) refuses(429, { 'retry-after': '0' })(response, nth, asked);
      else {
        beginStream(response).write(wordEvent(kind, 'at last'));
        response.write(endEvents(kind, 'length'), () => response.destroy());
      }
    });
    const { reasoning, news } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const heard = listen(reasoning, asking('hello'));
    const end = await heard.ended;
    assert.deepEqual([end.finishReason, heard.chunks, server.asked.length], ['length', ['at last'], 3]);
    assert.deepEqual([end.error, news], [null, []]);
    assert.deepEqual(end.usage, { input: 2, output: 2, estimated: true });
  });

  test(`${kind}: a reply whose end came is over, also where the provider keeps the connection`, async (t) => {
    const server = await rawProvider(t, (response) => {
      beginStream(response).write(wordEvent(kind, 'all of it') + endEvents(kind));
    });
    const { reasoning, news } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const heard = listen(reasoning, asking('hello'));
    assert.equal((await heard.ended).finishReason, 'stop');
    await server.asked[0]?.closed;
    assert.deepEqual([heard.chunks, news], [['all of it'], []]);
  });

  test(`${kind}: cancelled, its connection is closed within 100 ms, before a word and in the middle`, async (t) => {
    const server = await rawProvider(t, (response, nth) => {
      if (nth > 0) beginStream(response).write(wordEvent(kind, 'word'));
    });
    const { reasoning, news } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const cancelled = async (): Promise<number> => {
      const nth = server.asked.length;
      const heard = listen(reasoning, asking('hello'));
      await server.requests(nth + 1);
      if (nth > 0) await heard.begun;
      const cancelledMs = performance.now();
      heard.call.cancel();
      const closedMs = (await server.asked[nth]?.closed) ?? Number.NaN;
      assert.deepEqual(heard.ends, []);
      return closedMs - cancelledMs;
    };
    await cancelled();
    let bestMs = await cancelled();
    // A machine that had something else to do is no news.
    for (let more = 0; more < 5 && bestMs >= 100; more += 1) bestMs = Math.min(bestMs, await cancelled());
    assert.ok(bestMs < 100, `${bestMs} ms`);
    assert.deepEqual(news, []);
  });

  test(`${kind}: cancelled while it waits to try again, it does not`, async (t) => {
    const server = await rawProvider(t, refuses(429, { 'retry-after': '20' }));
    const { reasoning } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const heard = listen(reasoning, asking('hello'));
    await server.requests(1);
    heard.call.cancel();
    server.script = says(kind, 'another');
    await listen(reasoning, asking('again')).ended;
    assert.deepEqual([server.asked.length, heard.ends], [2, []]);
  });

  test(`${kind}: halves of characters are joined, and what cannot be is replaced`, async (t) => {
    const [high, low] = ['\\ud83d', '\\ude00'];
    const server = await rawProvider(t, (response) => {
      beginStream(response);
      for (const half of ['a', high, low, high, 'b', high]) {
        response.write(wordEvent(kind, 'HALF').replace('HALF', half));
      }
      response.end(endEvents(kind));
    });
    const { reasoning } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl }]));
    const heard = listen(reasoning, asking('hello'));
    await heard.ended;
    assert.equal(heard.chunks.join(''), 'a😀\ufffdb\ufffd');
    for (const chunk of heard.chunks) assert.ok(chunk.isWellFormed() && chunk !== '');
  });

  test(`${kind}: it sends the key in its header, no key where there is none, and nothing out of the environment`, async (t) => {
    for (const name of ['OPENAI_API_KEY', 'OPENAI_ORG_ID', 'ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']) {
      process.env[name] = 'sk-of-the-environment';
      t.after(() => delete process.env[name]);
    }
    const server = await rawProvider(t, says(kind, 'yes'));
    for (const apiKey of ['sk-mine', null]) {
      const { reasoning } = openReasoning(t, askedFrom([{ kind, baseUrl: server.baseUrl, apiKey }]));
      await listen(reasoning, asking('hello')).ended;
    }
    const keys = server.asked.map(({ headers }) => [headers.authorization, headers['x-api-key']]);
    assert.deepEqual(keys, [
      ['Bearer sk-mine', undefined],
      [undefined, undefined],
    ]);
    assert.doesNotMatch(JSON.stringify(server.asked), /of-the-environment/);
  });
}

test('what a model says instead of a reply is its reply', async (t) => {
  const server = await rawProvider(t, (response) => {
    const choices = [
      { index: 0, delta: { content: null, refusal: 'I would rather not.' }, finish_reason: null },
    ];
    beginStream(response).end(`data: ${JSON.stringify({ choices })}\n\n${endEvents('openai-compatible')}`);
  });
  const { reasoning } = openReasoning(t, askedFrom([{ kind: 'openai-compatible', baseUrl: server.baseUrl }]));
  const heard = listen(reasoning, asking('hello'));
  assert.equal((await heard.ended).finishReason, 'stop');
  assert.deepEqual(heard.chunks, ['I would rather not.']);
});

test('a server that does not take what can be left out is asked without it, once and for all', async (t) => {
  const server = await rawProvider(t, (response, nth, asked) => {
    const { stream_options, max_tokens } = asked.body;
    if (stream_options !== undefined)
      refuses(400, {}, "unknown field 'stream_options'")(response, nth, asked);
    else if (max_tokens !== undefined)
      refuses(400, {}, "use 'max_completion_tokens' instead")(response, nth, asked);
    else says('openai-compatible', 'fine')(response, nth, asked);
  });
  const { reasoning, news } = openReasoning(
    t,
    askedFrom([{ kind: 'openai-compatible', baseUrl: server.baseUrl }], { maxOutputTokens: 50 }),
  );
  const first = await listen(reasoning, asking('hello')).ended;
  const second = await listen(reasoning, asking('hello')).ended;
  for (const end of [first, second])
    assert.deepEqual([end.finishReason, end.usage.estimated], ['stop', true]);
  assert.equal(server.asked.length, 4);
  assert.equal(server.asked[3]?.body.max_completion_tokens, 50);
  assert.deepEqual(news, []);
});
