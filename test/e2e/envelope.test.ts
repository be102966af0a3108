/** One JSON-RPC message: what is a request, a notification, or neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo, askLast, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const INVALID_FORMAT = { code: 1002, reason: 'Invalid message format' };

const result = (id: Json, value: object): Json => ({ jsonrpc: '2.0', result: value, id });
const failure = (id: Json, error: Json): Json => ({ jsonrpc: '2.0', error, id });
const invalid = (id: Json, reason: string): Json =>
  failure(id, errorOf(-32600, 'Invalid request', { reason }));
const INVALID_ID = invalid(null, 'id is a string of at most 128 characters or a safe integer');

/** The text of a request whose id is written as it stands. */
const pingWithId = (id: string): string => `{"jsonrpc":"2.0","method":"system.ping","id":${id}}`;

test(`${req('J4-version', 'P2-invalid-object', 'J5-invalid-request')} jsonrpc is exactly "2.0"`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const versions = ['2', '2.00', ' 2.0', '1.0', '', 2, 2.0, null, true, ['2.0'], { v: '2.0' }];
  for (const jsonrpc of versions) {
    const answers = await answersTo(client, { jsonrpc, method: 'system.ping', id: 1 });
    assert.deepEqual(answers, [invalid(1, 'jsonrpc is "2.0"')], `${JSON.stringify(jsonrpc)}`);
  }
  assert.deepEqual(await answersTo(client, { method: 'system.ping', id: 1 }), [
    invalid(1, 'jsonrpc is "2.0"'),
  ]);
});

test(`${req('J4-method', 'P2-invalid-object')} method is a string`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const method of [1, 0, null, true, ['system.ping'], { name: 'system.ping' }]) {
    const answers = await answersTo(client, { jsonrpc: '2.0', method, id: 'a' });
    assert.deepEqual(answers, [invalid('a', 'method is a string')], JSON.stringify(method));
  }
  assert.deepEqual(await answersTo(client, { jsonrpc: '2.0', id: 'a' }), [
    invalid('a', 'method is a string'),
  ]);
});

test(`${req('J4-params-omitted', 'J4-params-structured', 'J4-params-by-name', 'P2-params-object', 'J5-invalid-params')} params is an object or absent`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const ping = (params?: Json) => answersTo(client, { jsonrpc: '2.0', method: 'system.ping', params, id: 1 });
  assert.deepEqual(await ping(undefined), [result(1, { pong: true })]);
  assert.deepEqual(await ping({}), [result(1, { pong: true })]);
  for (const params of [null, 0, 1, '', 'x', true, false]) {
    assert.deepEqual(await ping(params), [invalid(1, 'params is an object')], JSON.stringify(params));
  }
  const array = errorOf(-32602, 'Invalid params', {
    errors: [{ path: '', message: 'must be an object, not an array' }],
  });
  for (const params of [[], [1], [{}]]) assert.deepEqual(await ping(params), [failure(1, array)]);

  const pong = (params: string) =>
    answersTo(client, `{"jsonrpc":"2.0","method":"heartbeat.pong","params":${params},"id":2}`);
  assert.deepEqual(await pong('{"seq":1,"client_load":0.5}'), [result(2, {})]);
  assert.deepEqual(await pong('{"client_load":0.5,"seq":1}'), [result(2, {})]);
  for (const params of ['{"Seq":1}', '{"SEQ":1}', '{"seq ":1}']) {
    assert.equal((await pong(params))[0].error.code, -32602, params);
  }
});

test(`${req('J4-id', 'J5-response', 'P2-id', 'P2-falsy-ids')} an id comes back as it went`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const ids: Json[] = [
    0,
    '',
    1,
    -1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    '0',
    'null',
    'auth-001',
    ' ',
    '"',
    '\\',
    '\u0000',
    '\n',
    '\u2028',
    '😀',
    '\ud800',
    '__proto__',
    'x'.repeat(128),
    '€'.repeat(128),
  ];
  for (const id of ids) {
    const answers = await answersTo(client, pingWithId(JSON.stringify(id)));
    assert.deepEqual(answers, [result(id, { pong: true })], JSON.stringify(id));
    assert.deepEqual(Object.keys(answers[0]), ['jsonrpc', 'result', 'id'], 'the order of the text');
  }
  // JSON knows no difference between these and the integer they are.
  for (const [written, id] of [
    ['-0', 0],
    ['1.0', 1],
    ['1e2', 100],
    ['"\\u0041"', 'A'],
  ] as const) {
    assert.deepEqual(await answersTo(client, pingWithId(written)), [result(id, { pong: true })], written);
  }
});

test(`${req('P2-id', 'J5-null-id', 'P2-invalid-object')} what is no id gets -32600 with id null`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const written = [
    'null',
    '1.5',
    '-0.1',
    '9007199254740992',
    '-9007199254740992',
    '1e400',
    '1e-7',
    'true',
    'false',
    '[]',
    '[1]',
    '{}',
    '{"toString":"x"}',
    JSON.stringify('x'.repeat(129)),
  ];
  for (const id of written) assert.deepEqual(await answersTo(client, pingWithId(id)), [INVALID_ID], id);
});

test(`${req('J4-notification', 'P2-notification')} a notification gets no answer, whatever is wrong with it`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const notifications: Json[] = [
    { method: 'heartbeat.pong', params: { seq: 1 } },
    { method: 'heartbeat.pong', params: { seq: 'one' } },
    { method: 'heartbeat.pong', params: [1] },
    { method: 'system.ping' },
    { method: 'channel.switch', params: { channel_id: 'ch-none' } },
    { method: 'nobody.knows' },
    { method: 'memory.recall', params: {} },
    { method: 'auth.handshake', params: {} },
  ];
  for (const notification of notifications) {
    const answers = await answersTo(client, { jsonrpc: '2.0', ...notification });
    assert.deepEqual(answers, [], notification.method);
  }
  const stranger = await (await startTestGateway(t)).connect();
  stranger.send({ jsonrpc: '2.0', method: 'system.ping' });
  stranger.send(pingWithId('1'));
  assert.equal((await stranger.frame(() => true)).id, 1);
});

test(`${req('J4-notification')} a notification acts all the same`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { channel_id } = await client.call('channel.create', { name: 'quiet' });
  assert.deepEqual(
    await answersTo(client, { jsonrpc: '2.0', method: 'channel.switch', params: { channel_id } }),
    [],
  );
  assert.equal((await client.call('channel.list')).current, channel_id);
});

/** Sends text to a fresh connection that must be refused and closed. */
const refusedAndClosed = async (client: Client, text: string, error: Json): Promise<void> => {
  const { answers, closed } = await askLast(client, text);
  const shown = JSON.stringify(text.slice(0, 80));
  assert.deepEqual(answers, [failure(null, error)], shown);
  assert.deepEqual(closed, INVALID_FORMAT, shown);
};

test(`${req('J5-parse-error', 'P2-parse-error', 'J5-null-id')} text that is no JSON is refused and ends the connection`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const texts = [
    '',
    ' ',
    '{',
    '[',
    '{"jsonrpc":"2.0","method":"system.ping","id":1',
    `${pingWithId('1')}${pingWithId('2')}`,
    `${pingWithId('1')},`,
    "{'jsonrpc':'2.0'}",
    '{"jsonrpc":"2.0","method":"system.ping","id":01}',
    '{"jsonrpc":"2.0","method":"system.ping","id":NaN}',
    `\ufeff${pingWithId('1')}`,
    `\u0000${pingWithId('1')}`,
    pingWithId('"\u0000"'),
    pingWithId('"\n"'),
    'undefined',
    'GET / HTTP/1.1',
  ];
  for (const text of texts) {
    await refusedAndClosed(await under.login(), text, errorOf(-32700, 'Parse error'));
  }
});

test(`${req('P2-scalar', 'J5-invalid-request', 'J5-null-id')} a bare scalar is refused and ends the connection`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  for (const text of ['null', 'true', 'false', '0', '-1.5', '""', '"system.ping"', '  1  ']) {
    await refusedAndClosed(await under.login(), text, errorOf(-32600, 'Invalid request'));
  }
});

test(`${req('P2-invalid-object', 'J5-null-id')} an object that is no request is refused, and the connection stays`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  assert.deepEqual(await answersTo(client, '{}'), [invalid(null, 'jsonrpc is "2.0"')]);
  assert.deepEqual(await answersTo(client, '{"id":"x"}'), [invalid('x', 'jsonrpc is "2.0"')]);
  assert.deepEqual(await answersTo(client, '{"id":0}'), [invalid(0, 'jsonrpc is "2.0"')]);
  // A response is no request either: nothing that a gateway sends is asked of it.
  assert.deepEqual(await answersTo(client, { jsonrpc: '2.0', result: {}, id: 3 }), [
    invalid(3, 'method is a string'),
  ]);
  // Members that JSON-RPC does not name are none of its business.
  const extra = { jsonrpc: '2.0', method: 'system.ping', id: 1, trace: 'x', constructor: 1 };
  assert.deepEqual(await answersTo(client, extra), [result(1, { pong: true })]);
});
