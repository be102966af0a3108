import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { WebSocket } from 'ws';
import {
  ConnectionClosedError,
  type ConnectOptions,
  connect,
  type Gateway,
  GatewayError,
  type StateEvent,
} from './node.js';
import {
  type Answer,
  chunk,
  completion,
  deadUrl,
  listen,
  listenAt,
  type Message,
  SENT,
  SESSION,
  send,
} from './scripted-gateway.js';

/** What one connection has said, in order; the handshake first. */
interface Heard {
  readonly socket: WebSocket;
  readonly messages: Message[];
}

interface Script {
  /** Answers handshakes; left out: accepted, and resumed where that is asked for. */
  readonly handshake?: (heard: Heard, message: Message, at: number) => void;
  /** @param at which connection it is, from 0 */
  readonly answer: (heard: Heard, message: Message, at: number) => void;
}

/** Listens by a script that knows which connection is talking. */
const listenBy = async (t: TestContext, { answer, handshake }: Script) => {
  const connections: Heard[] = [];
  const of = (socket: WebSocket): number => connections.findIndex((heard) => heard.socket === socket);
  const greet: Answer = (socket, message) => {
    connections.push({ socket, messages: [message] });
    const at = connections.length - 1;
    const heard = connections[at] as Heard;
    if (handshake !== undefined) handshake(heard, message, at);
    else welcome(heard, message);
  };
  const url = await listen(
    t,
    (socket, message) => {
      const at = of(socket);
      const heard = connections[at] as Heard;
      heard.messages.push(message);
      answer(heard, message, at);
    },
    greet,
  );
  return { url, connections };
};

const welcome = ({ socket }: Heard, { id, params }: Message, change: Partial<typeof SESSION> = {}): void =>
  send(socket, { id, result: { ...SESSION, resumed: params.resume !== undefined, ...change } });

const open = async (t: TestContext, url: string, options: Partial<ConnectOptions> = {}): Promise<Gateway> => {
  const gateway = await connect({
    url,
    token: 'oc_local_test',
    clientId: 'test',
    backOff: { firstMs: 1, mostMs: 5 },
    ...options,
  });
  t.after(() => gateway.close());
  return gateway;
};

/** The next event of that state. */
const state = <S extends StateEvent['state']>(gateway: Gateway, wanted: S) =>
  new Promise<StateEvent & { state: S }>((resolve) => {
    const stop = gateway.on('state', (event) => {
      if (event.state !== wanted) return;
      stop();
      resolve(event as StateEvent & { state: S });
    });
  });

const methodsOf = (heard: Heard | undefined): string[] => heard?.messages.map(({ method }) => method) ?? [];

test('a cut connection comes back, names its session and how far it has read, and the reply goes on', async (t) => {
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message, at) => {
      welcome(heard, message);
      if (at === 0) return;
      send(heard.socket, chunk(', wor', 3));
      send(heard.socket, chunk('ld', 4));
      send(heard.socket, completion());
    },
    answer: ({ socket }, { id }) => {
      send(socket, { id, result: SENT });
      send(socket, chunk('Hel', 0));
      send(socket, chunk('lo', 1, { span: 2 }));
      socket.terminate();
    },
  });
  const gateway = await open(t, url);
  const states: string[] = [];
  gateway.on('state', (event) => states.push(event.state));
  const reply = gateway.chat.send('hi');
  assert.equal(await reply.text(), 'Hello, world');
  assert.equal((await reply.completion).finish_reason, 'stop');
  assert.deepEqual(reply.usage, undefined);
  assert.deepEqual(connections[1]?.messages[0]?.params.resume, {
    session_id: 'sess-1',
    streams: [{ message_id: 'msg-1', after_index: 2 }],
  });
  assert.deepEqual(states, ['waiting', 'connecting', 'open']);
  assert.equal(gateway.session.resumed, true);
  assert.equal(connections[1]?.messages.length, 1, 'nothing else had to be asked');
});

test('a gateway that knows nothing of the session is told where it was, and gives the replies from their beginning', async (t) => {
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message) => welcome(heard, message, { resumed: false }),
    answer: ({ socket }, { id, method, params }) => {
      if (method === 'chat.send') {
        send(socket, { id, result: { ...SENT, channel: 'ch-a' } });
        send(socket, chunk('Hello', 0));
        socket.terminate();
      } else if (method === 'chat.resume') {
        send(socket, chunk('not for the new cursor', 7));
        send(socket, { id, result: { state: 'complete', recovered: false } });
        send(socket, chunk('Hel', 0));
        send(socket, chunk('lo, world', 1));
        send(socket, completion());
      } else send(socket, { id, result: { channel_id: params.channel_id, subscribed: true } });
    },
  });
  const gateway = await open(t, url);
  await gateway.channel.switch({ channel_id: 'ch-a' });
  await gateway.channel.subscribe({ channel_id: 'ch-b' });
  assert.equal(await gateway.chat.send('hi').text(), 'Hello, world');
  assert.deepEqual(methodsOf(connections[1]), [
    'auth.handshake',
    'chat.resume',
    'channel.subscribe',
    'channel.switch',
  ]);
  assert.deepEqual(connections[1]?.messages[1]?.params, { message_id: 'msg-1', after_index: 0 });
});

test('a message whose answer was lost goes again with its key, and its reply is asked for', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id, method }, at) => {
      if (at === 0) socket.terminate();
      else if (method === 'chat.send') {
        send(socket, { id, result: SENT });
        // Of the cursor from before the resumption, whose beginning was missed.
        send(socket, chunk('lo', 1));
      } else {
        send(socket, { id, result: { state: 'streaming', recovered: true } });
        send(socket, chunk('Hel', 0));
        send(socket, chunk('lo', 1));
        send(socket, completion());
      }
    },
  });
  const gateway = await open(t, url);
  assert.equal(await gateway.chat.send('hi').text(), 'Hello');
  const [first, second] = connections.map(({ messages }) => messages[1]?.params);
  assert.match(String(first?.idempotency_key), /^[0-9a-f]{32}$/);
  assert.deepEqual(first, second);
  assert.deepEqual(methodsOf(connections[1]), ['auth.handshake', 'chat.send', 'chat.resume']);
});

test('a reply to a key of the caller’s own is asked for: the gateway may have begun it long ago', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id, method }) => {
      if (method === 'chat.send') return send(socket, { id, result: SENT });
      send(socket, { id, result: { state: 'complete', recovered: true } });
      send(socket, chunk('Hello', 0));
      send(socket, completion());
    },
  });
  const gateway = await open(t, url);
  assert.equal(await gateway.chat.send('hi', { idempotency_key: 'order-1' }).text(), 'Hello');
  assert.equal(connections[0]?.messages[1]?.params.idempotency_key, 'order-1');
});

test('what may not be done twice fails with the connection; what was asked without one goes later', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id, method }, at) => {
      if (at === 0) socket.terminate();
      else
        send(socket, { id, result: method === 'channel.create' ? { channel_id: 'ch-a' } : { pong: true } });
    },
  });
  const gateway = await open(t, url);
  const lost = gateway.channel.create();
  const read = gateway.system.ping();
  await assert.rejects(lost, (error) => error instanceof ConnectionClosedError && error.close.code === 1006);
  const later = gateway.channel.create({ name: 'later' });
  assert.deepEqual(await read, { pong: true });
  assert.equal((await later).channel_id, 'ch-a');
  assert.deepEqual(methodsOf(connections[1]), ['auth.handshake', 'system.ping', 'channel.create']);
});

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
  const gateway = await open(t, url, { timeoutMs: 50 });
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

test('more replies than a handshake takes are asked for one by one', async (t) => {
  const COUNT = 70;
  const { url, connections } = await listenBy(t, {
    handshake: (heard, message, at) => {
      const limits = { ...SESSION.limits, messages_per_second: 10_000, burst_size: 1000 };
      welcome(heard, message, { limits });
      if (at === 0) return;
      const { streams } = message.params.resume as { streams: { message_id: string }[] };
      assert.equal(streams.length, 64);
      for (const { message_id } of streams) {
        send(heard.socket, chunk('o', 1, { message_id }));
        send(heard.socket, completion({ message_id }));
      }
    },
    answer: ({ socket, messages }, { id, method, params }) => {
      if (method === 'chat.send') {
        const message_id = `msg-${params.message}`;
        send(socket, { id, result: { ...SENT, message_id } });
        send(socket, chunk('Hell', 0, { message_id }));
        if (messages.length === COUNT + 1) setTimeout(() => socket.terminate(), 20);
        return;
      }
      assert.equal(params.after_index, 0);
      const message_id = String(params.message_id);
      send(socket, { id, result: { state: 'streaming', recovered: true } });
      send(socket, chunk('o', 1, { message_id }));
      send(socket, completion({ message_id }));
    },
  });
  const gateway = await open(t, url);
  const texts = await Promise.all(
    Array.from({ length: COUNT }, (_, at) => gateway.chat.send(`${at}`).text()),
  );
  assert.deepEqual([...new Set(texts)], ['Hello']);
  assert.equal(methodsOf(connections[1]).filter((method) => method === 'chat.resume').length, COUNT - 64);
});

test('a resumed reply of which nothing is heard is asked for, and fails where it is gone', async (t) => {
  const { url } = await listenBy(t, {
    answer: ({ socket }, { id, method }) => {
      if (method === 'chat.send') {
        send(socket, { id, result: SENT });
        send(socket, chunk('Hello', 0));
        socket.terminate();
      } else send(socket, { id, error: { code: 4041, message: 'Message not found' } });
    },
  });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gateway = await open(t, url);
  const again = state(gateway, 'open');
  const waiting = state(gateway, 'waiting');
  const reply = gateway.chat.send('hi');
  const text = assert.rejects(reply.text(), (error) => error instanceof GatewayError && error.code === 4041);
  await waiting;
  t.mock.timers.tick(5);
  await again;
  t.mock.timers.tick(5000);
  await text;
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

test('a session of an earlier client is taken up, with what it follows', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id, method }, at) => {
      const about = { name: 'a', metadata: {}, created_at: '', message_count: 0, last_activity_at: '' };
      if (method === 'channel.list') {
        send(socket, {
          id,
          result: { channels: [{ ...about, channel_id: 'ch-a', subscribed: true }], current: 'ch-a' },
        });
      } else if (at === 0) socket.terminate();
      else send(socket, { id, result: { pong: true } });
    },
    handshake: (heard, message, at) => welcome(heard, message, { resumed: at === 0 }),
  });
  const gateway = await open(t, url, { session: 'sess-0' });
  assert.deepEqual(connections[0]?.messages[0]?.params.resume, { session_id: 'sess-0', streams: [] });
  assert.deepEqual(await gateway.system.ping(), { pong: true });
  assert.deepEqual(methodsOf(connections[1]), [
    'auth.handshake',
    'channel.switch',
    'channel.unsubscribe',
    'system.ping',
  ]);
});
