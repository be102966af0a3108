/** What a caller can do with a reply: cancel it, give it up, read it slowly, leave it, follow another's. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { WebSocket } from 'ws';
import {
  type ConnectOptions,
  connect,
  type Gateway,
  GatewayError,
  MessageTooLargeError,
  type Reply,
  TooManyCallsError,
} from './node.js';
import { open as openAt } from './scripted-connections.js';
import { type Answer, chunk, completion, listen, type Message, SENT, send } from './scripted-gateway.js';

const open = async (
  t: TestContext,
  answer: Answer,
  options: Partial<ConnectOptions> = {},
  handshake?: Answer,
): Promise<Gateway> => {
  return openAt(t, await listen(t, answer, handshake), options);
};

/** Answers a message with the beginning of a reply, and `chat.cancel` with its end. */
const cancellable =
  (seen: string[] = []): Answer =>
  (socket, { id, method }) => {
    seen.push(method);
    if (method === 'chat.send') {
      send(socket, { id, result: SENT });
      send(socket, chunk('begun', 0));
    } else if (method === 'chat.cancel') {
      send(socket, { id, result: { cancelled: true } });
      send(socket, completion({ finish_reason: 'cancelled' }));
    } else send(socket, { id, result: { pong: true } });
  };

test('cancel has the gateway stop, and what was said until then is the text', async (t) => {
  const gateway = await open(t, cancellable());
  const reply = gateway.chat.send('hi');
  const pieces: string[] = [];
  for await (const piece of reply) {
    pieces.push(piece);
    assert.equal(await reply.cancel(), true);
  }
  assert.deepEqual(pieces, ['begun']);
  assert.equal((await reply.completion).finish_reason, 'cancelled');
  assert.equal(await reply.cancel(), false);
});

test('a signal gives a reply up at once, here and at the gateway', async (t) => {
  const seen: string[] = [];
  const gateway = await open(t, cancellable(seen));
  const controller = new AbortController();
  const reply = gateway.chat.send('hi', { signal: controller.signal });
  const reason = new Error('enough');
  const read = async (): Promise<void> => {
    for await (const _ of reply) controller.abort(reason);
  };
  await assert.rejects(read(), reason);
  await assert.rejects(reply.completion, reason);
  await gateway.system.ping();
  assert.deepEqual(seen, ['chat.send', 'chat.cancel', 'system.ping']);
  const replies: Reply[] = [];
  gateway.on('reply', (other) => replies.push(other));
  await gateway.system.ping();
  assert.deepEqual(replies, [], 'its end is nobody else’s reply');
});

test('a signal that was given before the answer cancels what the answer names', async (t) => {
  const seen: string[] = [];
  let answer = (): void => {};
  const gateway = await open(t, (socket, message) => {
    if (message.method === 'chat.send') answer = () => cancellable(seen)(socket, message);
    else cancellable(seen)(socket, message);
  });
  const controller = new AbortController();
  const reply = gateway.chat.send('hi', { signal: controller.signal });
  await gateway.system.ping();
  controller.abort(new Error('enough'));
  await assert.rejects(reply.text(), /enough/);
  answer();
  await gateway.system.ping();
  await gateway.system.ping();
  assert.ok(seen.includes('chat.cancel'));
  const aborted = gateway.chat.send('hi', { signal: AbortSignal.abort(new Error('before')) });
  await assert.rejects(aborted.text(), /before/);
});

test('a message that was never sent is cancelled without a word', async (t) => {
  const seen: string[] = [];
  const gateway = await open(t, (socket, message) => {
    if (message.method === 'system.ping' && seen.length === 0) {
      seen.push('lost');
      socket.terminate();
    } else cancellable(seen)(socket, message);
  });
  const waiting = new Promise<void>((resolve) => {
    gateway.on('state', ({ state }) => state === 'waiting' && resolve());
  });
  const ping = gateway.system.ping();
  await waiting;
  const reply = gateway.chat.send('hi');
  assert.equal(await reply.cancel(), true);
  await assert.rejects(reply.text(), { name: 'AbortError' });
  await ping;
  assert.deepEqual(seen, ['lost', 'system.ping']);
});

test('calls are given up by their signal, sent or not', async (t) => {
  const gateway = await open(t, () => {});
  const controller = new AbortController();
  const calls = [
    gateway.channel.list({}, { signal: controller.signal }),
    gateway.request('system.ping', {}, { signal: controller.signal }),
  ];
  controller.abort(new Error('enough'));
  for (const call of calls) await assert.rejects(call, /enough/);
  await assert.rejects(gateway.system.ping({}, { signal: AbortSignal.abort(new Error('before')) }), /before/);
  await assert.rejects(gateway.system.ping({}, { signal: AbortSignal.timeout(1) }), { name: 'TimeoutError' });
});

test('connecting is given up by its signal, and so is the client', async (t) => {
  const silent = await listen(t, assert.fail, () => {});
  const options = { token: 'oc_local_test', clientId: 'test' };
  const controller = new AbortController();
  const connecting = connect({ ...options, url: silent, signal: controller.signal });
  setImmediate(() => controller.abort(new Error('enough')));
  await assert.rejects(connecting, /enough/);
  await assert.rejects(
    connect({ ...options, url: silent, signal: AbortSignal.abort(new Error('before')) }),
    /before/,
  );
  const later = new AbortController();
  const gateway = await open(t, () => {}, { signal: later.signal });
  later.abort();
  assert.equal((await gateway.closed).code, 1000);
});

test('a slow reader costs a bounded piece: the rest is asked for when there is room, nothing is lost or doubled', async (t) => {
  const words = Array.from({ length: 200 }, (_, at) => `word${at} `);
  const asked: unknown[] = [];
  const speak = (socket: WebSocket, from: number): void => {
    for (const [index, word] of words.entries()) if (index >= from) send(socket, chunk(word, index));
    send(socket, completion());
  };
  const gateway = await open(
    t,
    (socket, { id, method, params }) => {
      if (method === 'chat.send') {
        send(socket, { id, result: SENT });
        speak(socket, 0);
      } else if (method === 'chat.resume') {
        asked.push(params.after_index);
        send(socket, { id, result: { state: 'complete', recovered: true } });
        speak(socket, Number(params.after_index) + 1);
      } else send(socket, { id, result: { pong: true } });
    },
    { maxUnreadChars: 300 },
  );
  const reply = gateway.chat.send('hi');
  assert.equal((await reply.completion).finish_reason, 'stop', 'told although nobody reads');
  await gateway.system.ping();
  let text = '';
  let longest = 0;
  for await (const piece of reply) {
    text += piece;
    longest = Math.max(longest, piece.length);
    await gateway.system.ping();
  }
  assert.equal(text, words.join(''));
  assert.ok(longest <= 300 + 8, `${longest}`);
  assert.ok(asked.length >= 3, `${asked.length}`);
});

test('whoever leaves a reply early keeps nothing of it and stops nobody', async (t) => {
  const seen: string[] = [];
  const gateway = await open(
    t,
    (socket, { id, method }) => {
      seen.push(method);
      const results = { 'chat.send': SENT, 'chat.resume': { state: 'complete', recovered: false } };
      send(socket, { id, result: results[method as keyof typeof results] ?? { pong: true } });
      if (!(method in results)) return;
      for (let index = 0; index < 100; index += 1) send(socket, chunk('word ', index));
      send(socket, completion());
    },
    { maxUnreadChars: 20 },
  );
  const reply = gateway.chat.send('hi');
  for await (const piece of reply) if (piece !== '') break;
  assert.equal((await reply.completion).finish_reason, 'stop');
  await assert.rejects(reply.text(), TypeError);
  await gateway.system.ping();
  assert.ok(!seen.includes('chat.cancel'));
});

test('usage is there with the end', async (t) => {
  const usage = { input: 5, output: 7 };
  const gateway = await open(t, (socket, { id }) => {
    send(socket, { id, result: SENT });
    send(socket, completion({ usage }));
  });
  const reply = gateway.chat.send({ message: 'hi', metadata: { a: 1 } });
  assert.equal(reply.usage, undefined);
  assert.equal(await reply.text(), '');
  assert.deepEqual(reply.usage, usage);
  assert.equal(await reply.messageId, 'msg-1');
});

test('a refused message fails wherever it is looked at', async (t) => {
  const gateway = await open(t, (socket, { id }) =>
    send(socket, { id, error: { code: 4290, message: 'Channel busy', data: { retry_after_ms: 1000 } } }),
  );
  const reply = gateway.chat.send('hi');
  for (const promise of [reply.messageId, reply.completion, reply.text()]) {
    await assert.rejects(promise, (error) => error instanceof GatewayError && error.retryAfterMs === 1000);
  }
  assert.equal(await reply.cancel(), false);
  await assert.rejects(gateway.chat.send('x'.repeat(3000)).text(), MessageTooLargeError);
});

test('there is room for so many calls', async (t) => {
  const gateway = await open(t, () => {}, { maxCalls: 2 });
  const pings = [gateway.system.ping(), gateway.system.ping()];
  await assert.rejects(gateway.system.ping(), TooManyCallsError);
  await assert.rejects(gateway.chat.send('hi').text(), TooManyCallsError);
  void gateway.close();
  for (const ping of pings) await assert.rejects(ping);
});

test('the reply to another connection’s message is an event, and its frames are', async (t) => {
  const gateway = await open(t, (socket, { id }) => {
    send(socket, { method: 'chat.message', params: { ...SENT, message: 'theirs', client_id: 'other' } });
    send(socket, chunk('Hel', 0));
    send(socket, chunk('lo', 1));
    send(socket, completion());
    send(socket, { id, result: { pong: true } });
  });
  const replies: Reply[] = [];
  const frames: string[] = [];
  const controller = new AbortController();
  gateway.on('reply', (reply) => replies.push(reply), { signal: controller.signal });
  const stop = gateway.on('chat.stream', (frame) => frames.push(frame.chunk));
  gateway.on('chat.complete', ({ finish_reason }) => frames.push(finish_reason));
  await gateway.system.ping();
  assert.deepEqual(frames, ['Hel', 'lo', 'stop']);
  assert.equal(replies.length, 1);
  assert.equal(await replies[0]?.messageId, 'msg-1');
  assert.equal(await replies[0]?.text(), 'Hello');
  controller.abort();
  stop();
  await gateway.system.ping();
  assert.equal(replies.length, 1);
});

test('a reply that was begun elsewhere is followed from its beginning', async (t) => {
  const asked: unknown[] = [];
  const gateway = await open(t, (socket, { id, params }) => {
    asked.push(params);
    if (params.message_id !== 'msg-1') {
      return send(socket, { id, error: { code: 4041, message: 'Message not found' } });
    }
    send(socket, { id, result: { state: 'streaming', recovered: true } });
    send(socket, chunk('Hello', 0, { span: 2 }));
    send(socket, completion());
  });
  const reply = gateway.chat.follow('msg-1');
  await assert.rejects(gateway.chat.follow('msg-1').text(), /is being read already/);
  assert.equal(await reply.text(), 'Hello');
  await assert.rejects(gateway.chat.follow('msg-2').text(), /Message not found/);
  assert.deepEqual(asked[0], { message_id: 'msg-1', after_index: -1 });
});

test('who stops following a channel still gets the replies that were asked for here', async (t) => {
  const gateway = await open(t, (socket, { id, method, params }) => {
    if (method === 'chat.send') {
      send(socket, { id, result: SENT });
      send(socket, chunk('Hel', 0));
    } else if (method === 'channel.unsubscribe') {
      send(socket, { id, result: { channel_id: params.channel_id, subscribed: false } });
    } else {
      assert.deepEqual(params, { message_id: 'msg-1', after_index: 0 });
      send(socket, { id, result: { state: 'streaming', recovered: true } });
      send(socket, chunk('lo', 1));
      send(socket, completion());
    }
  });
  const reply = gateway.chat.send('hi');
  await reply.messageId;
  await gateway.channel.unsubscribe({ channel_id: 'default' });
  assert.equal(await reply.text(), 'Hello');
});

test('notifications are told once each, and settled only when somebody was told', async (t) => {
  const pongs: Message['params'][] = [];
  const ping = (socket: WebSocket, seq: number, ids: readonly string[]) =>
    send(socket, {
      method: 'heartbeat.ping',
      params: { seq, notifications: ids.map((id) => ({ id, type: 'reminder', msg: id, created_at: '' })) },
    });
  const gateway = await open(
    t,
    (socket, { id, method, params }) => {
      if (method === 'heartbeat.pong') {
        pongs.push(params);
        return;
      }
      ping(socket, 1, []);
      ping(socket, 2, ['n-1']);
      send(socket, { id, result: { pong: true } });
    },
    { load: () => 0.25 },
  );
  await gateway.system.ping();
  await gateway.system.ping();
  const unsettled = { seq: 2, client_load: 0.25, settle: false };
  assert.deepEqual(pongs.slice(0, 2), [{ seq: 1, client_load: 0.25 }, unsettled], 'nobody has heard of it');
  const told: string[] = [];
  gateway.on('notification', ({ id }) => told.push(id));
  assert.deepEqual(told, ['n-1'], 'it was waiting for somebody');
  await gateway.system.ping();
  await gateway.system.ping();
  assert.deepEqual(told, ['n-1']);
  assert.deepEqual(pongs.at(-1), { seq: 2, client_load: 0.25 });
});

test('a listener’s own fault is its own', async (t) => {
  const gateway = await open(t, (socket, { id }) => {
    send(socket, { id, result: SENT });
    send(socket, chunk('Hello', 0));
    send(socket, completion());
  });
  const later: (() => void)[] = [];
  t.mock.method(globalThis, 'queueMicrotask', (work: () => void) => later.push(work));
  gateway.on('chat.stream', () => {
    throw new Error('of the listener');
  });
  assert.equal(await gateway.chat.send('hi').text(), 'Hello');
  assert.equal(later.length, 1);
  for (const work of later) assert.throws(work, /of the listener/);
});
