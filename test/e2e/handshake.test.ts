/** The one message a connection must send first (protocol section 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../schemas/version.js';
import type { Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { ask, askLast, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { RawWebSocket } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

const handshake = (params: object, id: Json = 'auth-001'): Json => ({
  jsonrpc: '2.0',
  method: 'auth.handshake',
  params,
  id,
});
const ping = (id: Json): Json => ({ jsonrpc: '2.0', method: 'system.ping', id });
const ids = (answers: readonly Json[]): Json[] => answers.map(({ id }) => id);

test(`${req('T-handshake', 'P3-handshake-result')} the handshake of the text is answered as in the text`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.connect();
  const params = { client_id: 'cli-macbook-pro', client_version: '0.9.4', token: under.token };
  const answer = await ask(client, handshake(params));
  assert.deepEqual(answer, {
    jsonrpc: '2.0',
    result: {
      session_id: answer.result.session_id,
      channels: ['default'],
      heartbeat_interval: 30,
      server_version: VERSION,
      scopes: ['chat', 'channels', 'memory', 'skills', 'status', 'admin'],
      limits: { max_message_bytes: 1024 * 1024, messages_per_second: 10, burst_size: 20 },
      resumed: false,
      streams: [],
    },
    id: 'auth-001',
  });
  assert.match(answer.result.session_id, /^sess-[A-Za-z0-9._:-]{8,59}$/);
  assert.deepEqual(Object.keys(answer.result).slice(0, 4), [
    'session_id',
    'channels',
    'heartbeat_interval',
    'server_version',
  ]);
  const other = await under.login();
  assert.notEqual(other.handshake.session_id, answer.result.session_id);
});

test(`${req('P3-handshake-params')} client_id, client_version and token are checked`, async (t) => {
  const under = await startTestGateway(t);
  const good = { client_id: 'a', client_version: '1', token: under.token };
  const wrong: readonly Json[] = [
    {},
    [good],
    { ...good, client_id: '' },
    { ...good, client_id: 'x'.repeat(129) },
    { ...good, client_id: 'a b' },
    { ...good, client_id: 'ä' },
    { ...good, client_id: 'a\n' },
    { ...good, client_id: 7 },
    { ...good, client_version: '' },
    { ...good, client_version: 1 },
    { ...good, token: '' },
    { ...good, token: [under.token] },
    { ...good, token: null },
    { ...good, extra: true },
    { ...good, resume: {} },
    { ...good, resume: { session_id: 'a b' } },
    { ...good, resume: { session_id: 'a', streams: [{ message_id: 'm', after_index: -2 }] } },
    { client_id: 'a', client_version: '1' },
  ];
  for (const params of wrong) {
    const client = await under.connect();
    const { error } = await ask(client, handshake(params));
    assert.equal(error.code, -32602, JSON.stringify(params).replace(under.token, '…'));
    assert.ok(!JSON.stringify(error).includes(under.token));
    // The fault has cost nothing: the next one may be right.
    assert.equal((await ask(client, handshake(good))).error, undefined);
    await client.close();
  }
  for (const client_id of ['x'.repeat(128), 'A.z_0:9-']) {
    assert.deepEqual((await under.login({ client_id })).handshake.channels, ['default']);
  }
  for (const traceparent of ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'malformed', '']) {
    assert.deepEqual((await under.login({ traceparent })).handshake.channels, ['default']);
  }
});

test(`${req('P3-second-handshake')} a second handshake gets -32600 and changes nothing`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.login();
  const again = errorOf(-32600, 'Invalid request', { reason: 'this connection is authenticated already' });
  for (const token of [under.token, 'oc_user_wrong']) {
    const params = { client_id: 'b', client_version: '1', token };
    assert.deepEqual((await client.request('auth.handshake', params)).error, again);
  }
  assert.equal((await client.call('system.status')).active_connections, 1);
});

test(`${req('P3-second-handshake')} two handshakes in one read make one session`, async (t) => {
  const under = await startTestGateway(t);
  const params = { client_id: 'raw', client_version: '1', token: under.token };
  const raw = await RawWebSocket.open(t, under.port);
  raw.write(handshake(params, 'a'), handshake(params, 'b'));
  const [first, second] = await raw.answers(2);
  assert.equal(first.id, 'a');
  assert.deepEqual(first.result.channels, ['default']);
  assert.equal(second.id, 'b');
  assert.equal(second.error.code, -32600);
  raw.write({ jsonrpc: '2.0', method: 'system.status', id: 'c' });
  const [status] = await raw.answers(1);
  assert.equal(status.result.active_connections, 1);
});

test(`${req('P3-piped')} what comes right behind the handshake is answered behind it, in order`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const params = { client_id: 'raw', client_version: '1', token: under.token };
  const raw = await RawWebSocket.open(t, under.port);
  const later = Array.from({ length: 9 }, (_, at) => ping(at));
  raw.write(handshake(params, 'h'), ...later);
  const answers = await raw.answers(10);
  assert.deepEqual(ids(answers), ['h', 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(answers[0].result.channels, ['default']);
  for (const answer of answers.slice(1)) assert.deepEqual(answer.result, { pong: true });
});

test(`${req('P3-piped')} before, between and behind: each message is judged in its turn`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const good = { client_id: 'raw', client_version: '1', token: under.token };
  const raw = await RawWebSocket.open(t, under.port);
  raw.write(
    ping('early'),
    handshake({ ...good, token: 'oc_user_wrong' }, 'wrong'),
    handshake(good, 'right'),
    [ping('batch')],
    handshake(good, 'second'),
    { jsonrpc: '2.0', method: 'chat.send', params: { message: 'piped' }, id: 'send' },
    'no JSON',
  );
  const answers = await raw.answers(6);
  const told = answers.map((answer) =>
    Array.isArray(answer) ? ['batch', answer[0].result] : [answer.id, answer.error?.code ?? 'ok'],
  );
  assert.deepEqual(told.slice(0, 5), [
    ['early', 4010],
    ['wrong', 4011],
    ['right', 'ok'],
    ['batch', { pong: true }],
    ['second', -32600],
  ]);
  // The message's answer may wait for the store; it, or the refusal of the last text, is the sixth.
  assert.ok(['send', null].includes(told[5]?.[0]), `${told[5]}`);
});

test(`${req('P1-stranger-messages')} a connection may say 10 things before it is known`, async (t) => {
  const under = await startTestGateway(t);
  const tooMany = { code: 4001, reason: 'Authentication timeout' };
  const client = await under.connect();
  for (let at = 1; at <= 10; at++) assert.equal((await ask(client, ping(at))).error.code, 4010);
  assert.deepEqual(await askLast(client, ping(11)), { answers: [], closed: tooMany });

  // Each counts, whatever it is.
  const notifying = await under.connect();
  for (let at = 1; at <= 10; at++) notifying.send({ jsonrpc: '2.0', method: 'system.ping' });
  assert.deepEqual(await askLast(notifying, ping(11)), { answers: [], closed: tooMany });

  // The tenth may still be the handshake, and then the count is over.
  const late = await under.connect();
  for (let at = 1; at <= 9; at++) await ask(late, ping(at));
  const params = { client_id: 'late', client_version: '1', token: under.token };
  assert.deepEqual((await ask(late, handshake(params))).result.channels, ['default']);
  for (let at = 1; at <= 5; at++) assert.deepEqual((await ask(late, ping(at))).result, { pong: true });
});

test(`${req('P1-stranger-messages')} ten in one read are ten, the eleventh closes`, async (t) => {
  const under = await startTestGateway(t);
  const raw = await RawWebSocket.open(t, under.port);
  raw.write(...Array.from({ length: 12 }, (_, at) => ping(at)));
  assert.deepEqual(ids(await raw.answers(10)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(await raw.next(), { close: { code: 4001, reason: 'Authentication timeout' } });
});

test(`${req('P2-close-auth-timeout', 'T-auth-window')} no handshake within auth_timeout closes, talking or not`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nauth_timeout = 1\n' });
  const silent = await under.connect();
  const talking = await under.connect();
  await ask(talking, handshake({ client_id: 'a', client_version: '1', token: 'oc_user_wrong' }));
  const known = await under.login();
  const timeout = { code: 4001, reason: 'Authentication timeout' };
  assert.deepEqual(await Promise.all([silent.closed, talking.closed]), [timeout, timeout]);
  await known.settle();
});
