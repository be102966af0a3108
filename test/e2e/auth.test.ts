/** Wrong tokens, throttling, scopes, and the debug token (protocol section 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { ask, askLast, errorOf } from '../helpers/exchange.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { RawWebSocket } from '../helpers/raw-socket.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const AUTH_FAILED = errorOf(4011, 'Authentication failed');
const CLOSED_FOR_IT = { code: 4001, reason: 'Authentication failed' };

const handshake = (token: string, id: Json = 1): Json => ({
  jsonrpc: '2.0',
  method: 'auth.handshake',
  params: { client_id: 'test', client_version: '1', token },
  id,
});

/** Fails `count` handshakes from this address, on as many connections as that takes. */
const failHandshakes = async (under: GatewayUnderTest, count: number): Promise<void> => {
  let client: Client | null = null;
  for (let failed = 0; failed < count; failed++) {
    if (failed % 3 === 0) client = await under.connect();
    const { error } = await ask(client as Client, handshake(`oc_user_wrong${failed}`));
    assert.deepEqual(error, AUTH_FAILED, `failure ${failed + 1}`);
  }
};

test(`${req('P3-auth-failed', 'P3-third-failure')} a wrong token gets 4011, the third one the close`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.connect();
  assert.deepEqual((await ask(client, handshake('wrong'))).error, AUTH_FAILED);
  // Nearly right is wrong, and told no differently.
  assert.deepEqual((await ask(client, handshake(under.token.slice(0, -1)))).error, AUTH_FAILED);
  const { answers, closed } = await askLast(client, handshake(`${under.token} `));
  assert.deepEqual(answers, [{ jsonrpc: '2.0', error: AUTH_FAILED, id: 1 }]);
  assert.deepEqual(closed, CLOSED_FOR_IT);
});

test(`${req('P3-third-failure')} the right token may still come third, and not fourth`, async (t) => {
  const under = await startTestGateway(t);
  const third = await RawWebSocket.open(t, under.port);
  third.write(handshake('a', 1), handshake('b', 2), handshake(under.token, 3));
  const [first, second, right] = await third.answers(3);
  assert.deepEqual([first.error, second.error, right.error], [AUTH_FAILED, AUTH_FAILED, undefined]);

  const fourth = await RawWebSocket.open(t, under.port);
  fourth.write(handshake('a', 1), handshake('b', 2), handshake('c', 3), handshake(under.token, 4));
  for (const { id, error } of await fourth.answers(3)) assert.deepEqual(error, AUTH_FAILED, `${id}`);
  assert.deepEqual(await fourth.next(), { close: CLOSED_FOR_IT });
});

test(`${req('P3-throttle', 'P3-throttle-valid')} after 10 failures unknown tokens wait, valid ones pass`, async (t) => {
  const under = await startTestGateway(t);
  const inside = await under.login();
  await failHandshakes(under, 10);
  const { error } = await ask(await under.connect(), handshake('oc_user_eleventh'));
  const { retry_after_ms } = error.data;
  assert.deepEqual(error, errorOf(4011, 'Authentication failed', { retry_after_ms }));
  assert.ok(Number.isInteger(retry_after_ms) && retry_after_ms > 0 && retry_after_ms <= 60_000);

  assert.deepEqual((await under.login()).handshake.channels, ['default']);
  await inside.settle();
  // Unseen, it costs its connection its third failure all the same.
  const client = await under.connect();
  for (const token of ['x', 'y']) assert.ok((await ask(client, handshake(token))).error.data.retry_after_ms);
  assert.deepEqual((await askLast(client, handshake('z'))).closed, CLOSED_FOR_IT);
});

test(`${req('P3-throttle')} refusals of another kind are no failures`, async (t) => {
  const under = await startTestGateway(t);
  for (let connection = 0; connection < 2; connection++) {
    const client = await under.connect();
    const nameless = {
      ...handshake(under.token),
      params: { client_id: '', client_version: '1', token: 'x' },
    };
    for (let at = 0; at < 9; at++) assert.equal((await ask(client, nameless)).error.code, -32602);
  }
  const { error } = await ask(await under.connect(), handshake('oc_user_wrong'));
  assert.deepEqual(error, AUTH_FAILED);
});

test(`${req('P3-scopes', 'P2-permission-denied')} a method needs the scope of its prefix`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const { methods } = await (await under.login()).call('system.methods');
  const callable: readonly Json[] = methods.filter(
    ({ direction, name }: Json) => direction === 'Client → Server' && name !== 'auth.handshake',
  );
  const scopes = ['chat', 'channels', 'memory', 'skills', 'status', 'admin'] as const;
  for (const granted of scopes) {
    const client = await under.login({ token: await addToken(under, { principal: 'p', scopes: [granted] }) });
    assert.deepEqual(client.handshake.scopes, [granted]);
    for (const { name, scope } of callable) {
      // Params that are wrong: whether they are looked at shows whether the scope was there.
      const { error } = await client.request(name, { unknown_member: true });
      const allowed = scope === null || scope === granted;
      if (allowed) assert.equal(error.code, -32602, `${name} with ${granted}`);
      else assert.deepEqual(error, errorOf(4012, 'Permission denied', { scope }), `${name} with ${granted}`);
    }
  }
  const scopeOf = new Map(callable.map(({ name, scope }) => [name, scope]));
  for (const [name, scope] of [
    ['chat.send', 'chat'],
    ['channel.create', 'channels'],
    ['memory.search', 'memory'],
    ['skill.list', 'skills'],
    ['system.status', 'status'],
    ['system.reload', 'admin'],
  ]) {
    assert.equal(scopeOf.get(name), scope, name);
  }
});

test(`${req('P3-scopes-none', 'P3-admin')} ping, methods, discover and pong need no scope, reload needs admin`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login({ token: await addToken(under, { principal: 'p', scopes: ['memory'] }) });
  assert.deepEqual(await client.call('system.ping'), { pong: true });
  assert.ok((await client.call('system.methods')).methods.length > 0);
  assert.ok((await client.call('rpc.discover')).methods.length > 0);
  assert.deepEqual(await client.call('heartbeat.pong', { seq: 1 }), {});

  const usual = await under.login({ token: await addToken(under, { principal: 'p' }) });
  const denied = errorOf(4012, 'Permission denied', { scope: 'admin' });
  assert.deepEqual((await usual.request('system.reload')).error, denied);
  const admin = await under.login({ token: await addToken(under, { principal: 'p', scopes: ['admin'] }) });
  assert.deepEqual(await admin.call('system.reload'), { changed: [], needs_restart: [] });
});

test(`${req('P3-debug-token', 'T-debug-handshake')} --debug accepts the token of the text, without admin`, async (t) => {
  const under = await startTestGateway(t, { debug: true });
  const client = await under.connect();
  const answer = await ask(
    client,
    '{"jsonrpc":"2.0","method":"auth.handshake","params":{"client_id":"debug-client","client_version":"0.9.4","token":"oc_local_debug"},"id":"auth-001"}',
  );
  assert.equal(answer.id, 'auth-001');
  assert.deepEqual(answer.result.scopes, ['chat', 'channels', 'memory', 'skills', 'status']);
  // It speaks for `local`.
  const { channel_id } = await (await under.login()).call('channel.create', { name: 'mine' });
  const { channels } = await client.call('channel.list');
  assert.ok(channels.some((channel: Json) => channel.channel_id === channel_id));
});

test(`${req('P3-debug-refused')} without --debug, or off loopback, it is a wrong token`, async (t) => {
  const usual = await startTestGateway(t);
  assert.deepEqual((await ask(await usual.connect(), handshake('oc_local_debug'))).error, AUTH_FAILED);

  const config = '[gateway]\nhost = "0.0.0.0"\ninsecure = true\n';
  const open = await startTestGateway(t, { config, debug: true });
  const raw = await RawWebSocket.open(t, open.port);
  raw.write(handshake('oc_local_debug'));
  assert.deepEqual((await raw.answers(1))[0].error, AUTH_FAILED);
});

test(`${req('P3-debug-refused')} the debug token is for this machine’s own clients, not for those of a proxy on it`, async (t) => {
  const config = '[gateway]\ntrusted_proxies = ["127.0.0.1"]\n';
  const under = await startTestGateway(t, { config, debug: true });
  const far = await RawWebSocket.open(t, under.port, { headers: [['X-Forwarded-For', '192.0.2.7']] });
  far.write(handshake('oc_local_debug'));
  assert.deepEqual((await far.answers(1))[0].error, AUTH_FAILED);
  assert.equal((await ask(await under.connect(), handshake('oc_local_debug'))).error, undefined);
});
