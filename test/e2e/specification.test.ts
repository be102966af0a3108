/**
 * The examples of JSON-RPC 2.0 section 7, in its order and its words where this gateway has a
 * method for them. By-position params are refused here (protocol section 2), and what ends the
 * connection is closed with 1002.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo, askLast } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const login = async (t: TestContext): Promise<Client> =>
  (await startTestGateway(t, { config: engine(0) })).login();

/** What the specification's examples show of an error. */
const shown = ({ jsonrpc, error: { code }, id }: Json): Json => ({ jsonrpc, code, id });
const refused = (code: number, id: Json): Json => ({ jsonrpc: '2.0', code, id });

test(`${req('P2-params-object')} rpc call with positional parameters`, async (t) => {
  const client = await login(t);
  for (const [params, id] of [
    ['[42, 23]', 1],
    ['[23, 42]', 2],
  ]) {
    const text = `{"jsonrpc": "2.0", "method": "heartbeat.pong", "params": ${params}, "id": ${id}}`;
    assert.deepEqual((await answersTo(client, text)).map(shown), [refused(-32602, id)]);
  }
});

test(`${req('J4-params-by-name')} rpc call with named parameters`, async (t) => {
  const client = await login(t);
  for (const [params, id] of [
    ['{"client_load": 0.23, "seq": 42}', 3],
    ['{"seq": 42, "client_load": 0.23}', 4],
  ]) {
    const text = `{"jsonrpc": "2.0", "method": "heartbeat.pong", "params": ${params}, "id": ${id}}`;
    assert.deepEqual(await answersTo(client, text), [{ jsonrpc: '2.0', result: {}, id }]);
  }
});

test(`${req('J4-notification')} a notification`, async (t) => {
  const client = await login(t);
  const update = '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}';
  assert.deepEqual(await answersTo(client, update), []);
  assert.deepEqual(await answersTo(client, '{"jsonrpc": "2.0", "method": "foobar"}'), []);
});

test(`${req('J5-method-not-found')} rpc call of non-existent method`, async (t) => {
  const client = await login(t);
  const answers = await answersTo(client, '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}');
  assert.deepEqual(answers.map(shown), [refused(-32601, '1')]);
});

test(`${req('J5-parse-error')} rpc call with invalid JSON`, async (t) => {
  const client = await login(t);
  const text = '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]';
  const { answers, closed } = await askLast(client, text);
  assert.deepEqual(answers.map(shown), [refused(-32700, null)]);
  assert.equal(closed.code, 1002);
});

test(`${req('J5-invalid-request')} rpc call with invalid Request object`, async (t) => {
  const client = await login(t);
  const answers = await answersTo(client, '{"jsonrpc": "2.0", "method": 1, "params": "bar"}');
  assert.deepEqual(answers.map(shown), [refused(-32600, null)]);
});

test(`${req('J6-batch-no-json')} rpc call Batch, invalid JSON`, async (t) => {
  const client = await login(t);
  const text = `[
    {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
    {"jsonrpc": "2.0", "method"
  ]`;
  const { answers, closed } = await askLast(client, text);
  assert.deepEqual(answers.map(shown), [refused(-32700, null)]);
  assert.equal(closed.code, 1002);
});

test(`${req('J6-batch-empty')} rpc call with an empty Array`, async (t) => {
  const client = await login(t);
  assert.deepEqual((await answersTo(client, '[]')).map(shown), [refused(-32600, null)]);
});

test(`${req('J6-batch-invalid')} rpc call with an invalid Batch (but not empty)`, async (t) => {
  const client = await login(t);
  const [answer] = await answersTo(client, '[1]');
  assert.deepEqual(answer.map(shown), [refused(-32600, null)]);
});

test(`${req('J6-batch-invalid')} rpc call with invalid Batch`, async (t) => {
  const client = await login(t);
  const [answer] = await answersTo(client, '[1,2,3]');
  assert.deepEqual(
    answer.map(shown),
    Array.from({ length: 3 }, () => refused(-32600, null)),
  );
});

test(`${req('J6-batch')} rpc call Batch`, async (t) => {
  const client = await login(t);
  const [answer] = await answersTo(
    client,
    `[
      {"jsonrpc": "2.0", "method": "heartbeat.pong", "params": {"seq": 1}, "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "heartbeat.pong", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "system.ping", "id": "9"}
    ]`,
  );
  const [first, second, third, fourth, fifth, ...others] = answer;
  assert.deepEqual(others, []);
  assert.deepEqual(first, { jsonrpc: '2.0', result: {}, id: '1' });
  assert.deepEqual(shown(second), refused(-32602, '2'));
  assert.deepEqual(shown(third), refused(-32600, null));
  assert.deepEqual(shown(fourth), refused(-32601, '5'));
  assert.deepEqual(fifth, { jsonrpc: '2.0', result: { pong: true }, id: '9' });
});

test(`${req('J6-batch-notifications')} rpc call Batch (all notifications)`, async (t) => {
  const client = await login(t);
  const text = `[
    {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
    {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
  ]`;
  assert.deepEqual(await answersTo(client, text), []);
});
