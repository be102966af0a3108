/** Sizes of messages, kinds of frames, and the ways a connection may end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersTo, ask, askLast, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { RawWebSocket } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

const TOO_LARGE = { code: 1009, reason: 'Message too large' };
const INVALID_FORMAT = { code: 1002, reason: 'Invalid message format' };
const PING = '{"jsonrpc":"2.0","method":"system.ping","id":1}';
const LIMIT_BYTES = 2048;
const SMALL_MESSAGES = `[gateway]\nmax_message_bytes = ${LIMIT_BYTES}\n`;

/** A ping of exactly that many bytes: white space behind it is part of the message and no part of the JSON. */
const pingOf = (bytes: number): string => PING.padEnd(bytes);

test(`${req('P1-message-limit', 'P1-limit-told')} the limit exactly passes, one byte more does not`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const client = await under.login();
  assert.equal(client.handshake.limits.max_message_bytes, LIMIT_BYTES);
  assert.deepEqual((await ask(client, pingOf(LIMIT_BYTES))).result, { pong: true });
  assert.deepEqual(await askLast(client, pingOf(LIMIT_BYTES + 1)), { answers: [], closed: TOO_LARGE });

  const twice = await under.login();
  assert.deepEqual(await askLast(twice, pingOf(2 * LIMIT_BYTES)), { answers: [], closed: TOO_LARGE });
});

test(`${req('P1-message-limit')} the limit counts bytes, not characters`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const request = (query: string) =>
    JSON.stringify({ jsonrpc: '2.0', method: 'memory.search', params: { query }, id: 1 });
  const room = LIMIT_BYTES - request('').length;
  const client = await under.login();
  assert.deepEqual((await ask(client, request('é'.repeat(Math.floor(room / 2))))).result, { results: [] });
  const { closed } = await askLast(client, request('é'.repeat(Math.floor(room / 2) + 1)));
  assert.deepEqual(closed, TOO_LARGE);
});

test(`${req('P1-message-limit')} by default a message has 1 MiB`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.login();
  assert.equal(client.handshake.limits.max_message_bytes, 1024 * 1024);
  assert.deepEqual((await ask(client, pingOf(1024 * 1024))).result, { pong: true });
  assert.deepEqual((await askLast(client, pingOf(1024 * 1024 + 1))).closed, TOO_LARGE);
});

test(`${req('P1-message-limit')} what came before a message that is too large is answered ahead of the close`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const raw = await RawWebSocket.open(t, under.port);
  const params = { client_id: 'test', client_version: '1', token: under.token };
  raw.write(JSON.stringify({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 0 }));
  await raw.answers(1);
  raw.write(PING, PING, pingOf(LIMIT_BYTES + 1), PING);
  for (const { result } of await raw.answers(2)) assert.deepEqual(result, { pong: true });
  assert.deepEqual(await raw.next(), { close: TOO_LARGE });
});

test(`${req('P1-payload-limit')} beyond twice the limit TCP ends without a code`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const client = await under.login();
  const { answers, closed } = await askLast(client, pingOf(2 * LIMIT_BYTES + 1));
  assert.deepEqual(answers, []);
  assert.equal(closed.code, 1006);
  await (await under.login()).settle();
});

test(`${req('P1-message-limit')} a message in fragments counts as a whole`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const inPieces = (text: string, send: (piece: string, last: boolean) => void): void => {
    const half = Math.floor(text.length / 2);
    send(text.slice(0, half), false);
    send(text.slice(half), true);
  };
  const client = await under.login();
  const fragment = (piece: string, fin: boolean): void => client.socket.send(piece, { fin });
  const answer = client.next((frame) => frame.id === 1, 'answer');
  inPieces(pingOf(LIMIT_BYTES), fragment);
  assert.deepEqual((await answer).result, { pong: true });
  inPieces(pingOf(LIMIT_BYTES + 1), fragment);
  assert.deepEqual(await client.closed, TOO_LARGE);
});

test(`${req('P1-stranger-bytes', 'P2-auth-required')} strangers have 64 KiB, and nothing beyond is parsed`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.connect();
  assert.equal((await ask(client, pingOf(64 * 1024))).error.code, 4010);
  // Neither JSON nor within the limit: the size is what is told.
  const { answers, closed } = await askLast(client, 'x'.repeat(64 * 1024 + 1));
  assert.deepEqual({ answers, closed }, { answers: [], closed: TOO_LARGE });

  const welcome = await under.login();
  assert.deepEqual((await ask(welcome, pingOf(64 * 1024 + 1))).result, { pong: true });
});

test(`${req('P1-stranger-bytes')} a smaller max_message_bytes holds for strangers too`, async (t) => {
  const under = await startTestGateway(t, { config: SMALL_MESSAGES });
  const client = await under.connect();
  assert.deepEqual((await askLast(client, pingOf(LIMIT_BYTES + 1))).closed, TOO_LARGE);
});

test(`${req('P2-binary')} a binary frame is answered like text that is no JSON`, async (t) => {
  const under = await startTestGateway(t);
  for (const client of [await under.login(), await under.connect()]) {
    const answer = client.next((frame) => frame.id === null, 'answer');
    client.socket.send(Buffer.from(PING), { binary: true });
    assert.deepEqual(await answer, { jsonrpc: '2.0', error: errorOf(-32700, 'Parse error'), id: null });
    assert.deepEqual(await client.closed, INVALID_FORMAT);
  }
});

test(`${req('P2-close-normal')} a client's close is answered with its code`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.login();
  assert.equal((await client.close()).code, 1000);
  const watching = await under.login();
  assert.equal((await watching.call('system.status')).active_connections, 1);
});

test(`${req('P2-hostile')} bytes that are no UTF-8 end their connection and nothing else`, async (t) => {
  const under = await startTestGateway(t);
  const bystander = await under.login();
  const raw = await RawWebSocket.open(t, under.port);
  raw.write(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
  await raw.ended();
  await bystander.settle();
});

test(`${req('P2-hostile')} nothing behind a fatal message is looked at`, async (t) => {
  const under = await startTestGateway(t);
  const bystander = await under.login();
  const raw = await RawWebSocket.open(t, under.port);
  const params = { client_id: 'raw', client_version: '1', token: under.token };
  raw.write('no JSON', { jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 });
  assert.deepEqual(await raw.next(), {
    json: { jsonrpc: '2.0', error: errorOf(-32700, 'Parse error'), id: null },
  });
  assert.deepEqual(await raw.next(), { close: INVALID_FORMAT });
  await raw.ended();
  assert.deepEqual(await answersTo(bystander, { jsonrpc: '2.0', method: 'heartbeat.pong', id: 7 }), [
    {
      jsonrpc: '2.0',
      error: errorOf(-32602, 'Invalid params', {
        errors: [{ path: '', message: "must have required property 'seq'" }],
      }),
      id: 7,
    },
  ]);
  assert.equal((await bystander.call('system.status')).active_connections, 1);
});
