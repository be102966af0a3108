/** The table of error codes, as far as it is about any method (protocol section 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { ERRORS } from '../../schemas/codes.js';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { ask, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { recordLog } from '../helpers/recorded-log.js';
import { req } from './requirements.js';

test(`${req('J5-method-not-found', 'P2-method-not-callable')} only what a client may call is found`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { methods } = await client.call('system.methods');
  const notCallable = methods
    .filter(({ direction }: Json) => direction !== 'Client → Server')
    .map(({ name }: Json) => name);
  for (const known of ['memory.recall', 'chat.stream', 'skill.invoke', 'heartbeat.ping']) {
    assert.ok(notCallable.includes(known), known);
  }
  const typos = ['chat.sendd', 'Chat.send', 'chat.send ', ' chat.send', 'chat', 'chat.', '.'];
  for (const method of [...notCallable, ...typos]) {
    const { error } = await client.request(method, {});
    assert.deepEqual(error, errorOf(-32601, `Method not found: ${method}`), method);
  }
});

test(`${req('J5-method-not-found')} the empty name is a name, and not found`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  assert.equal((await client.request('')).error.code, -32601);
});

test(`${req('J4-reserved')} rpc.* holds nothing but rpc.discover`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const method of ['rpc.on', 'rpc.list', 'rpc.', 'rpc']) {
    assert.equal((await client.request(method)).error.code, -32601, method);
  }
  assert.match((await client.call('rpc.discover')).openrpc, /^1\.3\./);
});

test(`${req('J5-method-not-found', 'P2-hostile')} a long method name comes back cut`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { error } = await client.request('x'.repeat(500_000));
  assert.equal(error.message, `Method not found: ${'x'.repeat(128)}…`);
  // A pair of surrogates that the cut falls into.
  const { error: torn } = await client.request(`${'x'.repeat(127)}😀${'y'.repeat(10)}`);
  assert.equal(torn.message, `Method not found: ${'x'.repeat(127)}\ufffd…`);
});

test(`${req('P2-unknown-member', 'J5-invalid-params')} unknown members of params are refused and named`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { error } = await client.request('system.ping', { extra: 1 });
  assert.deepEqual(
    error,
    errorOf(-32602, 'Invalid params', { errors: [{ path: '', message: 'has an unknown member "extra"' }] }),
  );
  const { error: long } = await client.request('system.ping', { ['n'.repeat(1000)]: 1 });
  assert.equal(long.data.errors[0].message, `has an unknown member "${'n'.repeat(64)}…"`);
});

test(`${req('P2-listed-errors')} the first 8 errors are listed, each with path and message`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { error } = await client.request('heartbeat.pong', { seq: 'x', client_load: -1 });
  assert.deepEqual(
    error.data.errors.map(({ path }: Json) => path),
    ['/seq', '/client_load'],
  );
  for (const { message } of error.data.errors) assert.match(message, /^must be /);

  const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`extra${at}`, at]));
  const { error: many } = await client.request('system.ping', twenty);
  assert.deepEqual(
    many.data.errors,
    Array.from({ length: 8 }, (_, at) => ({ path: '', message: `has an unknown member "extra${at}"` })),
  );
});

test(`${req('P2-auth-required')} before the handshake everything gets 4010, known or not`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.connect();
  const requests: Json[] = [
    { method: 'system.ping' },
    { method: 'chat.send', params: { message: 'hello' } },
    { method: 'no.such' },
    { method: 'memory.recall', params: { wrong: true } },
  ];
  for (const request of requests) {
    const answer = await ask(client, { jsonrpc: '2.0', ...request, id: request.method });
    const required = errorOf(4010, 'Authentication required');
    assert.deepEqual(answer, { jsonrpc: '2.0', error: required, id: request.method });
  }
});

test(`${req('P2-internal-error', 'J5-error-object')} a fault inside shows a trace id and nothing else`, async (t) => {
  const { log, lines } = recordLog();
  const under = await startTestGateway(t, { config: engine(0), log });
  const client = await under.login();
  // The store's own failure: its table is gone.
  const database = new Database(under.home.databaseFile);
  const tables = database.prepare(`SELECT name FROM sqlite_master WHERE sql LIKE '%seq%'`).pluck().all();
  database.pragma('foreign_keys = OFF');
  for (const table of tables) database.exec(`DROP TABLE IF EXISTS "${table}"`);
  database.close();

  const { error } = await client.request('chat.history');
  assert.deepEqual(Object.keys(error.data), ['trace_id']);
  assert.match(error.data.trace_id, /^[0-9a-f]{32}$/);
  assert.deepEqual(error, errorOf(-32603, 'Internal error', { trace_id: error.data.trace_id }));
  const told = lines().filter(({ trace_id }: Json) => trace_id === error.data.trace_id);
  assert.equal(told.length, 1, 'the operator finds it under the same id');
  assert.equal(told[0].method, 'chat.history');
  assert.match(told[0].error, /no such table/);
  await client.settle();
});

test(`${req('P2-internal-error', 'P3-traceparent')} its trace id is that of the request’s traceparent, else of the connection’s`, async (t) => {
  const { log, lines } = recordLog();
  const under = await startTestGateway(t, { config: engine(0), log });
  const [ofConnection, ofRequest] = ['4bf92f3577b34da6a3ce929d0e0e4736', '0af7651916cd43dd8448eb211c80319c'];
  const traceparent = (traceId: string): string => `00-${traceId}-00f067aa0ba902b7-01`;
  const client = await under.login({ traceparent: traceparent(ofConnection) });
  const other = await under.login({ traceparent: traceparent(ofConnection).toUpperCase() });
  const database = new Database(under.home.databaseFile);
  database.pragma('foreign_keys = OFF');
  database.exec('DROP TABLE messages');
  database.close();

  const idOf = async (by: Client, method: string, params: object): Promise<string> =>
    (await by.request(method, params)).error.data.trace_id;
  const send = (metadata: object): object => ({ message: 'Hello', metadata });
  assert.equal(await idOf(client, 'chat.history', {}), ofConnection);
  assert.equal(await idOf(client, 'chat.send', send({ traceparent: traceparent(ofRequest) })), ofRequest);
  assert.equal(await idOf(client, 'chat.send', send({ traceparent: 'malformed' })), ofConnection);
  const fresh = await idOf(other, 'chat.send', send({ traceparent: `${traceparent(ofRequest)}-x` }));
  assert.match(fresh, /^[0-9a-f]{32}$/);
  assert.ok(![ofConnection, ofRequest].includes(fresh));
  assert.deepEqual(
    lines()
      .filter(({ msg }) => msg === 'internal error')
      .map(({ trace_id }) => trace_id),
    [ofConnection, ofRequest, ofConnection, fresh],
  );
});

test(`${req('J5-error-object', 'J5-response')} an error is told as the table of codes says`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const causes: readonly (readonly [keyof typeof ERRORS, string, object])[] = [
    ['invalidParams', 'chat.send', {}],
    ['channelNotFound', 'channel.switch', { channel_id: 'ch-none' }],
    ['messageNotFound', 'chat.cancel', { message_id: 'msg-none' }],
    ['permissionDenied', 'channel.delete', { channel_id: 'default' }],
  ];
  for (const [name, method, params] of causes) {
    const answer = await client.request(method, params);
    assert.deepEqual(Object.keys(answer), ['jsonrpc', 'error', 'id'], name);
    assert.equal(answer.error.code, ERRORS[name].code, name);
    assert.equal(answer.error.message, ERRORS[name].message, name);
    for (const member of Object.keys(answer.error)) {
      assert.ok(['code', 'message', 'data'].includes(member), `${name}: ${member}`);
    }
  }
});
