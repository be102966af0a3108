/** Input that is meant to do harm: it is what it is as JSON, and nothing more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo, ask, askLast, errorOf } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const INHERITED = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__lookupSetter__',
];
const BRACKETS = 100_000;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test(`${req('P2-hostile', 'P2-method-not-callable')} what every object inherits is no method`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const name of INHERITED) {
    for (const method of [name, `chat.${name}`, `${name}.send`]) {
      const { error } = await client.request(method, {});
      assert.deepEqual(error, errorOf(-32601, `Method not found: ${method}`));
    }
  }
});

test(`${req('P2-hostile', 'P2-unknown-member')} what every object inherits is no member of params`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const name of INHERITED) {
    for (const value of ['1', 'null', '{"seq":1}', '"x"']) {
      const params = `{"seq":1,"${name}":${value}}`;
      const text = `{"jsonrpc":"2.0","method":"heartbeat.pong","params":${params},"id":1}`;
      const { error } = await ask(client, text);
      const message = `has an unknown member "${name}"`;
      assert.deepEqual(error, errorOf(-32602, 'Invalid params', { errors: [{ path: '', message }] }), params);
    }
  }
  // A required member does not come from a prototype.
  const text = `{"jsonrpc":"2.0","method":"heartbeat.pong","params":{"__proto__":{"seq":1}},"id":1}`;
  assert.equal((await ask(client, text)).error.code, -32602);
});

test(`${req('P2-hostile')} an envelope does not come from a prototype`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const whole = '{"__proto__":{"jsonrpc":"2.0","method":"system.ping"},"id":1}';
  assert.equal((await ask(client, whole)).error.code, -32600);
  const id = '{"jsonrpc":"2.0","method":"system.ping","__proto__":{"id":1}}';
  assert.deepEqual(await answersTo(client, id), [], 'it has no id: a notification');
  // What was sent has changed no prototype that the gateway lives with.
  assert.deepEqual(await client.call('system.ping'), { pong: true });
  assert.equal(({} as Json).jsonrpc, undefined);
});

test(`${req('P2-hostile')} metadata named like what objects inherit comes back as it is`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const metadata = '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x"}';
  const text = `{"jsonrpc":"2.0","method":"channel.create","params":{"metadata":${metadata}},"id":1}`;
  const { result } = await ask(client, text);
  assert.equal(JSON.stringify(result.metadata), metadata);
  const listed = (await client.call('channel.list')).channels.find(
    ({ channel_id }: Json) => channel_id === result.channel_id,
  );
  assert.equal(JSON.stringify(listed.metadata), metadata);
});

test(`${req('P2-hostile')} 100 000 brackets are refused wherever they stand`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const deep = nested(BRACKETS);
  const [batch] = await answersTo(client, deep);
  assert.deepEqual(
    batch.map(({ error }: Json) => error.code),
    [-32600],
  );
  const objects = `${'{"a":'.repeat(BRACKETS)}1${'}'.repeat(BRACKETS)}`;
  const request = (method: string, params: string, id = '1') =>
    `{"jsonrpc":"2.0","method":"${method}","params":${params},"id":${id}}`;
  for (const value of [deep, objects]) {
    const refusals: readonly (readonly [number, string])[] = [
      [-32602, request('system.ping', `{"a":${value}}`)],
      [-32602, request('channel.create', `{"metadata":{"a":${value}}}`)],
      [-32602, request('channel.create', `{"name":${value}}`)],
      [-32602, request('chat.send', `{"message":"m","metadata":{"a":${value}}}`)],
      [-32602, request('system.ping', value)],
      [-32600, request('system.ping', '{}', value)],
    ];
    for (const [code, text] of refusals) {
      assert.equal((await ask(client, text)).error?.code, code, text.slice(0, 80));
    }
  }
  const { answers, closed } = await askLast(client, '['.repeat(BRACKETS));
  assert.equal(answers[0].error.code, -32700);
  assert.equal(closed.code, 1002);
  await (await under.login()).settle();
});

test(`${req('P2-hostile')} of duplicate keys one counts, and there is one answer`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const twice = '{"jsonrpc":"2.0","method":"no.such","method":"system.ping","id":1,"id":2}';
  assert.deepEqual(await answersTo(client, twice), [{ jsonrpc: '2.0', result: { pong: true }, id: 2 }]);
  // What was judged is what is used: the last one, in params too.
  const params =
    '{"jsonrpc":"2.0","method":"channel.create","params":{"name":"a","name":"b"},"id":3,"params":{"name":"c"}}';
  assert.equal((await ask(client, params)).result.name, 'c');
});

test(`${req('P2-hostile')} NUL and lone surrogates stay inside their strings`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const method of ['system.ping\u0000', '\u0000', '\ud800', 'system\u0000.ping', '\udfff.x']) {
    const answer = await ask(client, { jsonrpc: '2.0', method, id: method });
    assert.equal(answer.error.code, -32601);
    assert.equal(answer.id, method);
  }
  // What is stored is refused, or kept as it is: never cut at the NUL or mended on the way.
  for (const text of ['a\u0000b', '\ud800', 'x\udc00y']) {
    const created = await client.request('channel.create', { name: text });
    if (created.error === undefined) assert.equal(created.result.name, text);
    else assert.equal(created.error.code, -32602);
    const sent = await client.request('chat.send', { message: text });
    if (sent.error === undefined) {
      const { messages } = await client.call('chat.history');
      const kept = messages.find(({ message_id }: Json) => message_id === sent.result.message_id);
      assert.equal(kept.content, text);
    } else assert.equal(sent.error.code, -32602);
    assert.equal((await client.request('channel.switch', { channel_id: text })).error.code, -32602);
  }
});

test(`${req('P2-hostile')} words that mean something to a database mean nothing here`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  for (const query of [
    `'; DROP TABLE messages; --`,
    '"',
    '*',
    'NEAR(',
    'a AND',
    '^',
    'content:x',
    '%',
    '(',
  ]) {
    assert.deepEqual(await client.call('memory.search', { query }), { results: [] }, query);
  }
  assert.deepEqual((await client.call('chat.history')).messages, []);
});
