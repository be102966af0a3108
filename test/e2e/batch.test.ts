/** Batches (JSON-RPC 2.0 section 6, protocol section 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo, ask, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const request = (method: string, id?: Json, params?: object): Json => ({
  jsonrpc: '2.0',
  method,
  ...(params === undefined ? {} : { params }),
  ...(id === undefined ? {} : { id }),
});
const PONG = { pong: true };
const SIZE_REFUSED = {
  jsonrpc: '2.0',
  error: errorOf(-32600, 'Invalid request', { reason: 'a batch has 1 to 64 members' }),
  id: null,
};
const invalid = (reason: string, id: Json = null): Json => ({
  jsonrpc: '2.0',
  error: errorOf(-32600, 'Invalid request', { reason }),
  id,
});

test(`${req('P2-batch-order', 'J6-batch')} a batch is answered by one array in the order of its members`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  // Some of these ask the store and take their time, some are answered at once.
  const batch = [
    request('channel.list', 'slow'),
    request('system.ping', 'fast'),
    request('chat.history', 0),
    request('heartbeat.pong', undefined, { seq: 1 }),
    request('no.such', ''),
    request('memory.search', 5, { query: 'x' }),
    request('system.ping', 'fast'),
  ];
  const answer = await ask(client, batch);
  assert.deepEqual(
    answer.map(({ id }: Json) => id),
    ['slow', 'fast', 0, '', 5, 'fast'],
  );
  assert.deepEqual(answer[1], { jsonrpc: '2.0', result: PONG, id: 'fast' });
  assert.equal(answer[3].error.code, -32601);
  assert.deepEqual(answer[4].result, { results: [] });
});

test(`${req('P2-batch-size', 'J6-batch-empty')} 1 to 64 members; else one refusal, and nothing runs`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const pings = (count: number): Json[] =>
    Array.from({ length: count }, (_, id) => request('system.ping', id));
  assert.deepEqual(await answersTo(client, '[]'), [SIZE_REFUSED]);
  assert.deepEqual(await answersTo(client, '[ ]'), [SIZE_REFUSED]);
  assert.deepEqual(await answersTo(client, pings(1)), [[{ jsonrpc: '2.0', result: PONG, id: 0 }]]);
  assert.equal((await answersTo(client, pings(64)))[0].length, 64);
  assert.deepEqual(await answersTo(client, pings(65)), [SIZE_REFUSED]);

  const creates = Array.from({ length: 65 }, () => request('channel.create'));
  assert.deepEqual(await answersTo(client, creates), [SIZE_REFUSED]);
  assert.equal((await client.call('channel.list')).channels.length, 1);
});

test(`${req('J6-batch-notifications')} a batch of notifications gets no answer`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const quiet = [
    request('heartbeat.pong', undefined, { seq: 1 }),
    request('no.such'),
    request('system.ping'),
  ];
  assert.deepEqual(await answersTo(client, quiet), []);
});

test(`${req('J6-batch-invalid')} what is no request gets an answer of its own`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const answers = await answersTo(client, [1, null, 'x', [], [request('system.ping', 1)], {}, { id: 'a' }]);
  const noObject = invalid('a request is an object');
  assert.deepEqual(answers, [
    [
      noObject,
      noObject,
      noObject,
      noObject,
      noObject,
      invalid('jsonrpc is "2.0"'),
      invalid('jsonrpc is "2.0"', 'a'),
    ],
  ]);
});

test(`${req('P2-batch-handshake')} a handshake stands alone`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const params = { client_id: 'test', client_version: '1', token: under.token };
  const alone = invalid('auth.handshake stands alone, not in a batch', 'h');
  const stranger = await under.connect();
  const batch = [request('auth.handshake', 'h', params), request('system.ping', 'p')];
  const [handshake, ping] = await ask(stranger, batch);
  assert.deepEqual(handshake, alone);
  assert.equal(ping.error.code, 4010, 'it did not authenticate');

  // Without an id it is a notification: ignored, and still no way in.
  stranger.send([request('auth.handshake', undefined, params)]);
  stranger.send(request('auth.handshake', undefined, params));
  assert.equal((await ask(stranger, request('system.ping', 2))).error.code, 4010);
  assert.equal(stranger.frames.length, 2);

  const client = await under.login();
  assert.deepEqual((await ask(client, batch))[0], alone);
});

test(`${req('P2-batch-stream')} what a batch starts streaming begins after its array`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { message_id } = await client.call('chat.send', { message: 'x'.repeat(500_000) });
  await client.complete(message_id);
  const from = client.frames.length;
  // The reply that is resumed is at hand, while the store has to fetch these pages.
  const pages = Array.from({ length: 20 }, () => request('chat.history'));
  const resume = request('chat.resume', 'resume', { message_id });
  const send = request('chat.send', 'send', { message: 'next' });
  const answer = await ask(client, [resume, send, ...pages, request('chat.history', 'last')]);
  assert.deepEqual(
    answer.map(({ id }: Json) => id),
    ['resume', 'send', 'last'],
  );
  assert.equal(answer[0].result.recovered, true);
  assert.deepEqual(client.frames.slice(from, client.frames.indexOf(answer)), []);
  for (const started of [message_id, answer[1].result.message_id]) {
    await client.frame(
      (frame) =>
        client.frames.indexOf(frame) >= from &&
        frame.method === 'chat.complete' &&
        frame.params.message_id === started,
      'chat.complete',
    );
  }
});
