/** The live trace: `system.trace` for administrators. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { type GatewayUnderTest, startTestGateway, type TestGatewayOptions } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const start = (t: TestContext, options: TestGatewayOptions = {}) =>
  startTestGateway(t, { config: engine(0), ...options });

/** A connection that follows nothing but the trace. */
const watch = async (under: GatewayUnderTest, wishes: object = {}): Promise<Client> => {
  const watcher = await under.login({ client_id: 'watcher' });
  await watcher.call('channel.unsubscribe', { channel_id: 'default' });
  assert.deepEqual(await watcher.call('system.trace', { enabled: true, ...wishes }), { enabled: true });
  return watcher;
};

const eventsOf = (watcher: Client): Json[] =>
  watcher.notifications('system.trace').flatMap(({ events }) => events);

/** Waits for an event, and gives all that have come up to it and with it. */
const until = async (watcher: Client, wanted: (event: Json) => boolean): Promise<Json[]> => {
  await watcher.frame(
    ({ method, params }) => method === 'system.trace' && params.events.some(wanted),
    'the event',
  );
  return eventsOf(watcher);
};

const send = (client: Client, id: string | number, message: string, channel?: string): void =>
  client.send({ jsonrpc: '2.0', method: 'chat.send', params: { message, ...(channel && { channel }) }, id });

const isComplete = ({ method }: Json): boolean => method === 'chat.complete';

test(`${req('P4-trace')} a message is seen as it comes, is routed, and is answered`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under);
  const client = await under.login({ client_id: 'web' });
  send(client, 'msg-001', 'Hello');
  const events = (await until(watcher, isComplete)).filter(
    ({ msg_id, kind }) => msg_id === 'msg-001' && ['RECV', 'ROUTE', 'SEND'].includes(kind),
  );
  for (const event of events) {
    assert.equal(event.client_id, 'web');
    assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(event.body, undefined);
  }
  const [received, routed, answered, ...streamed] = events;
  const sizeBytes = '{"jsonrpc":"2.0","method":"chat.send","params":{"message":"Hello"},"id":"msg-001"}'
    .length;
  assert.deepEqual([received.kind, received.method, received.channel], ['RECV', 'chat.send', 'default']);
  assert.equal(received.size_bytes, sizeBytes);
  assert.deepEqual([routed.kind, routed.target], ['ROUTE', 'ReasoningLayer']);
  assert.ok(routed.latency_ms >= 0 && routed.latency_ms < 10_000);
  assert.deepEqual([answered.kind, answered.method], ['SEND', 'chat.send']);
  const complete = streamed.pop();
  assert.deepEqual(
    [complete.kind, complete.method, complete.finish_reason],
    ['SEND', 'chat.complete', 'stop'],
  );
  const frame = await client.frame(({ method }) => method === 'chat.complete');
  assert.deepEqual(
    [complete.tokens, complete.duration_ms],
    [frame.params.total_tokens, frame.params.duration_ms],
  );
  // Each chunk that the client got, and its text's size.
  assert.deepEqual(
    streamed.map(({ method, chunk, chunk_bytes }) => [method, chunk, chunk_bytes]),
    client
      .notifications('chat.stream')
      .map(({ chunk, index }) => ['chat.stream', index, Buffer.byteLength(chunk)]),
  );
  assert.ok(streamed.length > 0);
});

test(`${req('P4-trace')} nobody sees its own frames, and two who watch do not watch each other for ever`, async (t) => {
  const under = await start(t);
  const [first, second] = [await watch(under), await watch(under)];
  const client = await under.login({ client_id: 'web' });
  await client.settle();
  for (const watcher of [first, second]) {
    await until(watcher, ({ method, client_id }) => method === 'system.ping' && client_id === 'web');
  }
  // Only the second one's request is there, of no frame that the trace itself has sent.
  const own = eventsOf(first).filter(({ method }) => method === 'system.trace');
  assert.deepEqual(
    own.map(({ kind }) => kind),
    ['RECV', 'ROUTE', 'SEND'],
  );
  assert.deepEqual(
    eventsOf(second).filter(({ client_id }) => client_id === 'watcher'),
    [],
  );
});

test(`${req('P4-trace')} bodies come with verbose, their tokens and keys masked`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under, { verbose: true });
  const client = await under.login({ client_id: 'web' });
  send(
    client,
    'sk-canary-in-an-id',
    `a key sk-CanaryCanary and a token oc_guest_CanaryCanary ${'x'.repeat(2000)}`,
  );
  const other = await under.connect();
  other.send({
    jsonrpc: '2.0',
    method: 'auth.handshake',
    params: { token: 'CanaryCanary' },
    id: 'oc_x_Canary',
  });
  await until(watcher, ({ error }) => error === -32602);
  const events = await until(watcher, isComplete);
  const text = JSON.stringify(watcher.frames);
  assert.doesNotMatch(text, /Canary|canary/);
  assert.ok(!text.includes(under.token));
  const handshake = events.find(({ kind, method }) => kind === 'RECV' && method === 'auth.handshake');
  assert.match(handshake.body, /"token":"\*\*\*"/);
  assert.equal(handshake.client_id, 'web');
  for (const { kind, body } of events) {
    assert.equal(body === undefined, ['ROUTE', 'ASK', 'DONE'].includes(kind), kind);
    assert.ok(Buffer.byteLength(body ?? '') <= 512);
  }
});

test(`${req('P4-trace')} wishes leave out what is something else`, async (t) => {
  const under = await start(t);
  const byMethod = await watch(under, { method: 'channel.*' });
  const byChannel = await watch(under, { channel: 'default' });
  const byClient = await watch(under, { client_id: 'phone' });
  const errors = await watch(under, { errors: true });
  const phone = await under.login({ client_id: 'phone' });
  const web = await under.login({ client_id: 'web' });
  const { channel_id } = await web.call('channel.create', {});
  send(phone, 1, 'Hello');
  await phone.frame(isComplete);
  await web.request('chat.sendd');
  await web.request('channel.switch', { channel_id: 'nosuch' });
  await phone.settle();

  await until(errors, ({ error }) => error === 4040);
  const codes = eventsOf(errors).map(({ error, method }) => [error, method]);
  assert.deepEqual(codes, [
    [-32601, 'chat.sendd'],
    [4040, 'channel.switch'],
  ]);
  const ofChannels = await until(byMethod, ({ error }) => error === 4040);
  assert.ok(ofChannels.every(({ method }) => method.startsWith('channel.')));
  assert.ok(ofChannels.length >= 6);
  const ofPhone = await until(byClient, ({ kind, method }) => kind === 'SEND' && method === 'system.ping');
  assert.ok(ofPhone.every(({ client_id }) => client_id === 'phone'));
  const ofDefault = await until(byChannel, isComplete);
  assert.ok(ofDefault.every(({ channel }) => channel === 'default' && channel !== channel_id));
});

test(`${req('P4-trace')} it is for administrators, and ends when they say so or leave`, async (t) => {
  const under = await start(t);
  const token = await addToken(under, { principal: 'guest', scopes: ['chat', 'status'] });
  const guest = await under.login({ token });
  assert.deepEqual((await guest.request('system.trace', { enabled: true })).error, {
    code: 4012,
    message: 'Permission denied',
    data: { scope: 'admin' },
  });
  const watcher = await watch(under);
  await guest.settle();
  await until(watcher, ({ method }) => method === 'system.ping');
  assert.deepEqual(await watcher.call('system.trace', { enabled: false }), { enabled: false });
  await watcher.settle();
  const before = eventsOf(watcher).length;
  const second = await watch(under);
  await guest.settle();
  await until(second, ({ method }) => method === 'system.ping');
  assert.equal(eventsOf(watcher).length, before);
  await second.close();
  await guest.settle();
});

test(`${req('P4-trace')} batches, notifications and what is no request are seen, too`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under);
  const client = await under.login({ client_id: 'web' });
  client.send([
    { jsonrpc: '2.0', method: 'system.ping', id: 7 },
    { jsonrpc: '2.0', method: 'system.ping' },
    { jsonrpc: '2.0', method: 5, id: 'a b' },
  ] as object);
  client.send('{');
  const events = (await until(watcher, ({ error }) => error === -32700)).filter(
    ({ client_id, method }) => client_id === 'web' && method !== 'auth.handshake',
  );
  assert.deepEqual(
    events.map(({ kind, msg_id, method, error }) => [kind, msg_id, method, error ?? 0]),
    [
      ['RECV', '7', 'system.ping', 0],
      ['RECV', '-', 'system.ping', 0],
      ['RECV', 'a b', '-', 0],
      ['ROUTE', '7', 'system.ping', 0],
      ['ROUTE', '-', 'system.ping', 0],
      ['SEND', '7', 'system.ping', 0],
      ['SEND', 'a b', '-', -32600],
      ['RECV', '-', '-', 0],
      ['SEND', '-', '-', -32700],
    ],
  );
});

test(`${req('P4-trace')} who reads too slowly loses events, is told how many, and delays nobody`, async (t) => {
  const under = await start(t);
  const watcher = await watch(under, { verbose: true });
  watcher.socket.pause();
  const client = await under.login({ client_id: 'web' });
  const frame = { jsonrpc: '2.0', method: 'system.ping', params: { filling: 'x'.repeat(600) } };
  // What the kernel takes, what may wait, and more.
  const ROUNDS = 300;
  const PER_ROUND = 50;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let at = 0; at < PER_ROUND; at += 1) client.send({ ...frame, id: `p-${round}-${at}` });
    await client.settle();
  }
  watcher.socket.resume();
  await watcher.frame(({ method, params }) => method === 'system.trace' && params.lost > 0, 'a gap');
  const batches = watcher.notifications('system.trace');
  const lost = batches.reduce((sum, batch) => sum + batch.lost, 0);
  assert.ok(lost > 0 && batches.flatMap(({ events }) => events).length > 0);
  await watcher.settle();
});
