/** What goes on where it was when there is another connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionClosedError, connect, GatewayError } from './node.js';
import { listenBy, methodsOf, open, state, welcome } from './scripted-connections.js';
import { chunk, completion, deadUrl, listenAt, SENT, SESSION, send } from './scripted-gateway.js';

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

test('who is told of the state from the first attempt on can have the next one made at once', async (t) => {
  const url = await deadUrl();
  const states: string[] = [];
  const gateway = connect({
    url,
    token: 'oc_local_test',
    clientId: 'test',
    retryFirst: true,
    // Nobody waits for that.
    backOff: { firstMs: 3_600_000, mostMs: 3_600_000 },
    onState: (event) => {
      states.push(event.state);
      if (event.state !== 'waiting') return;
      assert.match(event.error.message, /ECONNREFUSED|1006/);
      const { port } = new URL(url);
      void listenAt(t, Number(port), () => {}).then(event.retryNow);
    },
  });
  const opened = await gateway;
  t.after(() => opened.close());
  assert.deepEqual(states, ['connecting', 'waiting', 'connecting', 'open']);
  opened.retryNow();
  assert.equal(opened.state, 'open', 'which is nothing to a connection that is there');
  await opened.close();
  opened.retryNow();
  assert.deepEqual(states.slice(4), ['closed']);
});

test('a connection that waits for its next attempt makes it when it is told to', async (t) => {
  const { url, connections } = await listenBy(t, {
    answer: ({ socket }, { id }, at) => {
      if (at === 0) socket.terminate();
      else send(socket, { id, result: { pong: true } });
    },
  });
  const gateway = await open(t, url, { backOff: { firstMs: 3_600_000, mostMs: 3_600_000 } });
  gateway.on('state', (event) => event.state === 'waiting' && event.retryNow());
  assert.deepEqual(await gateway.system.ping(), { pong: true });
  assert.equal(connections.length, 2);
});
