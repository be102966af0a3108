import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../helpers/client.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const MIB = 1024 * 1024;
/** More than the kernel takes for a connection that nobody reads. */
const REPLY_BYTES = 12 * MIB;
const LONG = `${'x'.repeat(95)}éé `.repeat(REPLY_BYTES / 100);
const config = (gateway: Record<string, number> = {}): string =>
  engine(0, { max_message_bytes: 16 * MIB, ...gateway });

/** Resolves when the gateway counts `count` authenticated connections. */
const connectionsAre = async (client: Client, count: number): Promise<void> => {
  let status = await client.call('system.status');
  while (status.active_connections !== count) status = await client.call('system.status');
};

test(`${req('P5-slow', 'P5-text', 'P5-frame-size', 'P5-index-span', 'P5-characters')} one that stopped reading gets all it missed, merged, and the replies to its requests before that`, async (t) => {
  const under = await startTestGateway(t, { config: config() });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  reader.socket.pause();
  const { message_id } = await writer.call('chat.send', { message: LONG });
  const complete = await writer.complete(message_id);
  const answered = reader.next(({ id }) => id === 'meanwhile');
  reader.send({ jsonrpc: '2.0', method: 'system.ping', id: 'meanwhile' });
  await writer.settle();
  reader.socket.resume();
  assert.deepEqual(await reader.complete(message_id), complete);
  await answered;
  const at = reader.frames.findIndex(({ id }) => id === 'meanwhile');
  assert.ok(at < reader.frames.findIndex(({ method }) => method === 'chat.complete'));
  assert.equal(writer.streamed(message_id), embeddedReply(LONG));
  assert.equal(reader.streamed(message_id), writer.streamed(message_id));
  for (const client of [writer, reader]) {
    for (const params of client.notifications('chat.stream')) {
      assert.ok(Buffer.byteLength(JSON.stringify(params)) <= 15 * 1024);
      assert.ok(params.chunk.isWellFormed());
    }
  }
  const spans = reader.notifications('chat.stream').map(({ span }) => span ?? 1);
  assert.ok(Math.max(...spans) > 100, 'merged frames are nearly full');
});

test(`${req('P5-slow', 'P5-text')} readers of every speed get the same text`, async (t) => {
  const under = await startTestGateway(t, { config: config() });
  const [writer, ...readers] = await Promise.all([
    under.login(),
    under.login(),
    under.login(),
    under.login(),
  ]);
  for (const [at, reader] of readers.entries()) {
    // Stops again and again, each one after another number of messages.
    let frames = 0;
    reader.socket.on('message', () => {
      frames += 1;
      if (frames % (at * 7 + 3) !== 0) return;
      reader.socket.pause();
      setImmediate(() => reader.socket.resume());
    });
  }
  const message = LONG.slice(0, 2 * MIB);
  const { message_id } = await writer.call('chat.send', { message });
  for (const reader of readers) {
    await reader.complete(message_id);
    assert.equal(reader.streamed(message_id), embeddedReply(message));
  }
});

test(`${req('P2-stalled-reader')} where nothing drains for max_backlog_seconds the connection is closed with 1013, the others go on`, {
  timeout: 60_000,
}, async (t) => {
  const under = await startTestGateway(t, { config: config({ max_backlog_seconds: 1 }) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  reader.socket.pause();
  const { message_id } = await writer.call('chat.send', { message: LONG });
  await writer.complete(message_id);
  await connectionsAre(writer, 1);
  reader.socket.resume();
  assert.deepEqual(await reader.closed, { code: 1013, reason: 'Try again later' });
  assert.equal(writer.streamed(message_id), embeddedReply(LONG));
});

test(`${req('P2-reply-backlog')} unsent replies over max_reply_backlog_bytes close the connection with 1013`, {
  timeout: 60_000,
}, async (t) => {
  const under = await startTestGateway(t, { config: config({ max_reply_backlog_bytes: MIB }) });
  const [writer, greedy] = await Promise.all([under.login(), under.login()]);
  await greedy.call('channel.unsubscribe', { channel_id: 'default' });
  const { message_id } = await writer.call('chat.send', { message: LONG.slice(0, MIB / 2) });
  await writer.complete(message_id);
  greedy.socket.pause();
  for (let id = 0; id < 40; id += 1) {
    greedy.send({ jsonrpc: '2.0', method: 'chat.history', params: { limit: 1 }, id });
  }
  await connectionsAre(writer, 1);
  greedy.socket.resume();
  assert.deepEqual(await greedy.closed, { code: 1013, reason: 'Try again later' });
  await writer.settle();
});

test(`${req('P2-reply-backlog', 'P5-slow')} one that reads, however many replies it asks for, stays`, async (t) => {
  const under = await startTestGateway(t, { config: config({ max_reply_backlog_bytes: MIB }) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: LONG.slice(0, MIB / 4) });
  await client.complete(message_id);
  for (let at = 0; at < 40; at += 1) {
    const { messages } = await client.call('chat.history', { limit: 1 });
    assert.equal(messages[0].content, client.streamed(message_id));
  }
});
