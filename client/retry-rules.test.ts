/** When there is another connection, and when not: closes, refusals, silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionClosedError, GatewayError } from './node.js';
import { type Heard, listenBy, open, state, welcome } from './scripted-connections.js';
import {
  chunk,
  completion,
  deadUrl,
  listenAt,
  type Message,
  SENT,
  SESSION,
  send,
} from './scripted-gateway.js';

test('a close that another attempt would not change is the end, with its code, reason and rule', async (t) => {
  const hopeless: [number, string, string][] = [
    [4001, 'Token revoked', 'never-unchanged'],
    [4001, 'Authentication failed', 'never-unchanged'],
    [1002, 'Invalid message format', 'never-unchanged'],
    [1009, 'Message too large', 'never-unchanged'],
    [1000, 'Session resumed elsewhere', 'none'],
  ];
  for (const [code, reason, retry] of hopeless) {
    const { url, connections } = await listenBy(t, {
      answer: ({ socket }, { id, method }) => {
        if (method === 'chat.send') send(socket, { id, result: SENT });
        else socket.close(code, reason);
      },
    });
    const gateway = await open(t, url);
    const reply = gateway.chat.send('hi');
    await reply.messageId;
    const isThat = (error: unknown) =>
      error instanceof ConnectionClosedError && error.close.reason === reason;
    await Promise.all([assert.rejects(gateway.system.ping(), isThat), assert.rejects(reply.text(), isThat)]);
    assert.deepEqual(await gateway.closed, { code, reason, retry });
    assert.equal(gateway.state, 'closed');
    await assert.rejects(gateway.system.ping(), isThat);
    await assert.rejects(gateway.chat.send('hi').text(), isThat);
    assert.equal(connections.length, 1);
  }
});

test('a close that passes is waited for, by its rule', async (t) => {
  const passing: [number, string][] = [
    [1001, 'Server shutdown'],
    [1013, 'Try again later'],
    [4001, 'Authentication timeout'],
    [4002, 'Heartbeat timeout'],
    [4003, 'Rate limit exceeded'],
    [4999, 'of a later version'],
  ];
  for (const [code, reason] of passing) {
    const { url } = await listenBy(t, {
      answer: ({ socket }, { id }, at) => {
        if (at === 0) socket.close(code, reason);
        else send(socket, { id, result: { pong: true } });
      },
    });
    const gateway = await open(t, url);
    const waiting = state(gateway, 'waiting');
    assert.deepEqual(await gateway.system.ping(), { pong: true });
    const { error, delayMs } = await waiting;
    assert.equal((error as ConnectionClosedError).close.code, code);
    assert.ok(delayMs >= 0 && delayMs <= 1);
  }
});

test('a token that is refused later ends it; one that is throttled is tried again when the gateway says', async (t) => {
  const refuse = ({ socket }: Heard, { id }: Message, data?: object) =>
    send(socket, { id, error: { code: 4011, message: 'Authentication failed', data } });
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message, at) => {
      if (at === 0) welcome(heard, message);
      else refuse(heard, message, at === 1 ? { retry_after_ms: 30 } : undefined);
    },
    answer: ({ socket }) => socket.terminate(),
  });
  const gateway = await open(t, url);
  const waits: number[] = [];
  gateway.on('state', (event) => event.state === 'waiting' && waits.push(event.delayMs));
  await assert.rejects(
    gateway.system.ping(),
    (error) => error instanceof GatewayError && error.code === 4011,
  );
  assert.deepEqual(await gateway.closed, {
    code: 4011,
    reason: 'Authentication failed',
    retry: 'after-hint-or-never',
  });
  assert.equal(connections.length, 3);
  assert.ok((waits[1] ?? 0) >= 30);
});

test('an attempt of its own that comes late and takes the session does not end it', async (t) => {
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message, at) => {
      // The second one is never answered, and given up.
      if (at !== 1) welcome(heard, message);
      if (at === 2) heard.socket.close(1000, 'Session resumed elsewhere');
    },
    answer: ({ socket }, { id }, at) => {
      if (at === 0) socket.terminate();
      else send(socket, { id, result: { pong: true } });
    },
  });
  const gateway = await open(t, url, { timeoutMs: 1000 });
  assert.deepEqual(await gateway.system.ping(), { pong: true });
  assert.equal(connections.length, 4);
});

test('a gateway that has fallen silent is given up, and another connection opened', async (t) => {
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message, at) => welcome(heard, message, { heartbeat_interval: at === 0 ? 0.02 : 30 }),
    answer: ({ socket }, { id }, at) => {
      if (at > 0) send(socket, { id, result: { pong: true } });
    },
  });
  const gateway = await open(t, url);
  assert.deepEqual(await gateway.system.ping(), { pong: true });
  assert.equal(connections.length, 2);
});

test('goaway is told, and the next connection is opened at once', async (t) => {
  const { url } = await listenBy(t, {
    answer: ({ socket }, { id }, at) => {
      if (at > 0) return send(socket, { id, result: { pong: true } });
      send(socket, { method: 'system.goaway', params: { reason: 'Server shutdown', grace_seconds: 20 } });
      socket.close(1001, 'Server shutdown');
    },
  });
  const gateway = await open(t, url);
  const told: unknown[] = [];
  gateway.on('system.goaway', (event) => told.push(event));
  assert.deepEqual(await gateway.system.ping(), { pong: true });
  assert.deepEqual(told, [{ reason: 'Server shutdown', grace_seconds: 20 }]);
});

test('a message that a gateway at its end does not take goes to the next one', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id, method }, at) => {
      if (at === 0) {
        send(socket, { id, error: { code: 5030, message: 'Shutting down' } });
        setTimeout(() => socket.close(1001, 'Server shutdown'), 20);
        return;
      }
      if (method === 'chat.send') send(socket, { id, result: SENT });
      else {
        send(socket, { id, result: { state: 'streaming', recovered: true } });
        send(socket, chunk('Hello', 0));
        send(socket, completion());
      }
    },
  });
  const gateway = await open(t, url);
  assert.equal(await gateway.chat.send('hi').text(), 'Hello');
  assert.equal(connections.length, 2);
});

test('what the rate limit refuses goes again when it may, and nothing goes before it', async (t) => {
  const answered: number[] = [];
  let refusedAtMs = 0;
  const { url } = await listenBy(t, {
    answer: ({ socket }, { id }) => {
      if (id === undefined) return;
      if (refusedAtMs === 0) {
        refusedAtMs = performance.now();
        const data = { limit: 'messages_per_minute', retry_after_ms: 60 };
        send(socket, { id, error: { code: 4003, message: 'Rate limit exceeded', data } });
        return send(socket, { method: 'heartbeat.ping', params: { seq: 1, notifications: [] } });
      }
      answered.push(performance.now() - refusedAtMs);
      send(socket, { id, result: { pong: true } });
    },
  });
  const gateway = await open(t, url);
  const refused = gateway.system.ping();
  // Right behind the refusal.
  await new Promise((resolve) => gateway.on('heartbeat.ping', resolve));
  const next = gateway.system.ping();
  assert.deepEqual(await Promise.all([refused, next]), [{ pong: true }, { pong: true }]);
  assert.ok((answered[0] ?? 0) >= 55, `${answered[0]} ms`);
});

test('calls keep to the limit that the handshake told', async (t) => {
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message) =>
      welcome(heard, message, {
        limits: { ...SESSION.limits, messages_per_second: 100, burst_size: 5 },
      }),
    answer: ({ socket }, { id }) => send(socket, { id, result: { pong: true } }),
  });
  const gateway = await open(t, url);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 10 }, () => gateway.system.ping()));
  assert.ok(performance.now() - startedMs >= 45);
  assert.equal(connections[0]?.messages.length, 11);
});

test('a first connection is tried again where that is asked for, and not otherwise', async (t) => {
  const url = await deadUrl();
  await assert.rejects(open(t, url), ConnectionClosedError);
  const opening = open(t, url, { retryFirst: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await listenAt(t, Number(new URL(url).port), (socket, { id }) =>
    send(socket, { id, result: { pong: true } }),
  );
  assert.deepEqual(await (await opening).system.ping(), { pong: true });
});

test('closing while it waits ends it, and what waits with it', async (t) => {
  const { url } = await listenBy(t, { answer: ({ socket }) => socket.terminate() });
  const gateway = await open(t, url, { backOff: { firstMs: 60_000, mostMs: 60_000 } });
  const ping = gateway.system.ping();
  await state(gateway, 'waiting');
  const closing = gateway.close();
  await assert.rejects(ping, ConnectionClosedError);
  assert.equal((await closing).code, 1000);
  assert.equal((await gateway.close()).code, 1000);
});
