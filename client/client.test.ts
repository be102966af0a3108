import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ConnectionClosedError, connect, GatewayError, MessageTooLargeError } from './node.js';
import {
  type Answer,
  accept,
  chunk,
  completion,
  deadUrl,
  listen,
  type Message,
  SENT,
  SESSION,
  send,
} from './scripted-gateway.js';

/** A client that leaves every failure to its caller: what one connection does. */
const connectOnce = (url: string, timeoutMs?: number) =>
  connect({
    url,
    token: 'oc_local_test',
    clientId: 'test',
    clientVersion: '1',
    retry: false,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

const open = async (t: TestContext, answer: Answer) => {
  const client = await connectOnce(await listen(t, answer));
  t.after(() => client.close());
  return client;
};

const collect = async (reply: AsyncIterable<string>) => {
  let text = '';
  for await (const piece of reply) text += piece;
  return text;
};

test('the handshake carries the token, and its answer is the session', async (t) => {
  const handshakes: Message[] = [];
  const url = await listen(t, assert.fail, (socket, message) => {
    handshakes.push(message);
    accept(socket, message);
  });
  const client = await connectOnce(url);
  assert.deepEqual(handshakes[0]?.params, { client_id: 'test', client_version: '1', token: 'oc_local_test' });
  assert.deepEqual(client.session, SESSION);
  void client.close();
  assert.deepEqual(await client.closed, { code: 1000, reason: '', retry: 'none' });
});

test('a refused token is an error with the gateway’s code and data', async (t) => {
  const url = await listen(t, assert.fail, (socket, { id }) =>
    send(socket, {
      id,
      error: { code: 4011, message: 'Authentication failed', data: { retry_after_ms: 7 } },
    }),
  );
  await assert.rejects(connectOnce(url), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.deepEqual(
      [error.code, error.message, error.data],
      [4011, 'Authentication failed', { retry_after_ms: 7 }],
    );
    return true;
  });
});

test('where nobody listens, the system’s error is the cause', async () => {
  const url = await deadUrl();
  await assert.rejects(connectOnce(url), (error) => {
    assert.ok(error instanceof ConnectionClosedError);
    assert.equal(error.close.code, 1006);
    assert.equal(error.close.retry, 'back-off');
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    return true;
  });
});

test('a gateway that never answers the handshake is given up', async (t) => {
  await assert.rejects(
    connectOnce(await listen(t, assert.fail, () => {}), 20),
    /The gateway took too long to answer/,
  );
});

test('answers find their requests in any order', async (t) => {
  const waiting: Message[] = [];
  const client = await open(t, (socket, message) => {
    waiting.push(message);
    if (waiting.length < 3) return;
    for (const { id, params } of waiting.reverse())
      send(socket, { id, result: { deleted: params.channel_id === 'b' } });
  });
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((channel_id) => client.request('channel.delete', { channel_id })),
  );
  assert.deepEqual(answers, [{ deleted: false }, { deleted: true }, { deleted: false }]);
});

test('a reply is its chunks in order, merged frames included', async (t) => {
  const client = await open(t, (socket, { id }) => {
    send(socket, { id, result: SENT });
    send(socket, chunk('Hel', 0));
    send(socket, chunk('other', 0, { message_id: 'msg-2' }));
    send(socket, chunk('lo, wor', 1, { span: 3 }));
    send(socket, chunk('ld', 4));
    send(socket, completion());
  });
  const reply = client.chat.send({ message: 'hi' });
  assert.equal(await collect(reply), 'Hello, world');
  assert.equal((await reply.completion).finish_reason, 'stop');
});

test('text is handed over as it arrives', async (t) => {
  let proceed = () => {};
  const client = await open(t, (socket, { id }) => {
    send(socket, { id, result: SENT });
    send(socket, chunk('one', 0));
    proceed = () => {
      send(socket, chunk('two', 1));
      send(socket, completion());
    };
  });
  const pieces: string[] = [];
  for await (const piece of client.chat.send({ message: 'hi' })) {
    pieces.push(piece);
    if (pieces.length === 1) proceed();
  }
  assert.deepEqual(pieces, ['one', 'two']);
});

test('a reply with a hole or a repetition in it is never handed over as whole', async (t) => {
  for (const next of [2, 0]) {
    const client = await open(t, (socket, { id }) => {
      send(socket, { id, result: SENT });
      send(socket, chunk('one', 0));
      send(socket, chunk('more', next));
      send(socket, chunk('two', 1));
      send(socket, completion());
    });
    const reply = client.chat.send({ message: 'hi' });
    const pieces: string[] = [];
    const read = async () => {
      for await (const piece of reply) pieces.push(piece);
    };
    await assert.rejects(read, /The frames of a reply do not follow each other/);
    assert.deepEqual(pieces, ['one']);
    await assert.rejects(reply.completion, ConnectionClosedError);
    assert.equal((await client.closed).code, 4900);
  }
});

test('a closed connection ends requests, replies and later calls with code, reason and retry rule', async (t) => {
  const client = await open(t, (socket, { id, method }) => {
    if (method === 'chat.send') send(socket, { id, result: SENT });
    else socket.close(1001, 'Server shutdown');
  });
  const reply = client.chat.send({ message: 'hi' });
  const text = collect(reply);
  const asSaid = (error: unknown) => {
    assert.ok(error instanceof ConnectionClosedError);
    assert.deepEqual(error.close, { code: 1001, reason: 'Server shutdown', retry: 'at-once' });
    return true;
  };
  await Promise.all([
    assert.rejects(client.request('system.ping', {}), asSaid),
    assert.rejects(text, asSaid),
  ]);
  await assert.rejects(client.request('system.ping', {}), asSaid);
  assert.equal((await client.closed).code, 1001);
});

test('pings are answered after their listeners, with the same seq and as notifications', async (t) => {
  const pongs: Message[] = [];
  const client = await open(t, (socket, message) => {
    if (message.method === 'heartbeat.pong') pongs.push(message);
    else {
      send(socket, {
        method: 'heartbeat.ping',
        params: { seq: 42, notifications: [{ id: 'n', type: 't', msg: 'm' }] },
      });
      send(socket, { id: message.id, result: { pong: true } });
    }
  });
  const heard: number[] = [];
  const stop = client.on('heartbeat.ping', ({ seq, notifications }) => {
    assert.equal(pongs.length, 0);
    heard.push(seq, notifications.length);
  });
  await client.request('system.ping', {});
  stop();
  await client.request('system.ping', {});
  assert.deepEqual(heard, [42, 1]);
  assert.ok(pongs.length >= 1);
  assert.deepEqual(pongs[0], { jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 42 } });
});

test('a ping whose notifications nobody listens for is answered without settling them', async (t) => {
  const pongs: unknown[] = [];
  const client = await open(t, (socket, message) => {
    if (message.method === 'heartbeat.pong') {
      pongs.push(message.params);
      return;
    }
    const notifications = [{ id: 'n', type: 't', msg: 'm' }];
    send(socket, { method: 'heartbeat.ping', params: { seq: 1, notifications } });
    send(socket, { method: 'heartbeat.ping', params: { seq: 2, notifications: [] } });
    send(socket, { id: message.id, result: { pong: true } });
  });
  await client.request('system.ping', {});
  await client.request('system.ping', {});
  assert.deepEqual(pongs.slice(0, 2), [{ seq: 1, settle: false }, { seq: 2 }]);
});

test('a message over the gateway’s limit, counted in bytes, is refused before it is sent', async (t) => {
  const sizes: number[] = [];
  const client = await open(t, (socket, message) => {
    sizes.push(Buffer.byteLength(JSON.stringify(message)));
    send(socket, { id: message.id, result: SENT });
    send(socket, completion());
  });
  const overhead = Buffer.byteLength('{"jsonrpc":"2.0","method":"chat.send","params":{"message":""},"id":2}');
  await client.chat.send({ message: 'x'.repeat(2048 - overhead) }).messageId;
  assert.deepEqual(sizes, [2048]);
  for (const message of ['x'.repeat(2049 - overhead), '€'.repeat(700), '\n'.repeat(1100)]) {
    await assert.rejects(client.chat.send({ message }).text(), MessageTooLargeError);
  }
  await client.chat.send({ message: 'ü'.repeat(900) }).messageId;
  assert.equal(sizes.length, 2);
});

test('what is not JSON-RPC ends the connection', async (t) => {
  for (const nonsense of ['{', '7', '[]', 'null', '{}', '{"method":"chat.stream"}']) {
    const client = await open(t, (socket) => socket.send(nonsense));
    await assert.rejects(client.request('system.ping', {}), /something that is not JSON/, nonsense);
    await client.close();
  }
});

test('an error without an id leaves its explanation to the close that follows', async (t) => {
  const client = await open(t, (socket) => {
    send(socket, { id: null, error: { code: -32700, message: 'Parse error' } });
    socket.close(1002, 'Invalid message format');
  });
  await assert.rejects(client.request('system.ping', {}), /code=1002, reason="Invalid message format"/);
  assert.equal((await client.closed).retry, 'never-unchanged');
});
