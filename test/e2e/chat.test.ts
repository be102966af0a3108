import assert from 'node:assert/strict';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

test(`${req('T-exercise-1', 'T-chat-send', 'P4-send-before-stream', 'P4-complete')} a message is acknowledged, streamed and completed once, in this order`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const sent = await client.call('chat.send', { message: 'How is the weather today?' });
  await client.complete(sent.message_id);
  await client.settle();
  const kinds = client.frames
    .filter((frame) => frame.method?.startsWith('chat.') || frame.result?.message_id === sent.message_id)
    .map((frame) => frame.method ?? 'acknowledged');
  const streams = kinds.length - 2;
  assert.ok(streams > 0);
  assert.deepEqual(kinds, ['acknowledged', ...Array(streams).fill('chat.stream'), 'chat.complete']);
  assert.equal(client.streamed(sent.message_id), embeddedReply('How is the weather today?'));
});

test(`${req('T-chat-stream', 'T-chat-complete', 'P4-send-result')} the members of every frame stand in the order of the product’s examples`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const response = await client.request('chat.send', { message: 'one two three' });
  assert.deepEqual(Object.keys(response), ['jsonrpc', 'result', 'id']);
  assert.deepEqual(Object.keys(response.result), ['message_id', 'channel', 'seq']);
  const { message_id: messageId } = response.result;
  const complete = await client.complete(messageId);
  const frames = client.frames.filter((frame) => frame.method === 'chat.stream');
  for (const frame of frames) {
    assert.deepEqual(Object.keys(frame), ['jsonrpc', 'method', 'params']);
    const { span, ...params } = frame.params;
    assert.deepEqual(Object.keys(params), ['chunk', 'index', 'channel', 'message_id']);
    assert.ok(span === undefined || span > 1);
    assert.equal(params.channel, 'default');
    assert.equal(params.message_id, messageId);
  }
  assert.equal(frames[0].params.index, 0);
  const { usage, ...rest } = complete;
  assert.deepEqual(Object.keys(rest), [
    'total_tokens',
    'channel',
    'duration_ms',
    'message_id',
    'finish_reason',
  ]);
  assert.equal(rest.total_tokens, usage.input + usage.output);
  assert.deepEqual(
    { channel: rest.channel, message_id: rest.message_id, finish_reason: rest.finish_reason },
    { channel: 'default', message_id: messageId, finish_reason: 'stop' },
  );
  assert.ok(Number.isInteger(rest.duration_ms) && rest.duration_ms > 0);
});

test(`${req('P4-send-seqs', 'P4-send-result')} messages sent at once take two seqs each, in the order they were sent`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const messages = ['first', 'second', 'third'];
  const sent: Json[] = await Promise.all(messages.map((message) => client.call('chat.send', { message })));
  assert.deepEqual(
    sent.map(({ seq }) => seq),
    [1, 3, 5],
  );
  for (const { message_id } of sent) await client.complete(message_id);
  const { messages: history } = await client.call('chat.history');
  assert.deepEqual(
    history.map(({ seq, role, message_id }: Json) => [seq, role, message_id]),
    sent.flatMap(({ seq, message_id }) => [
      [seq, 'user', message_id],
      [seq + 1, 'assistant', message_id],
    ]),
  );
});

test(`${req('P4-send-durable', 'T-channel-persistence')} an acknowledged message stands in the database file`, async (t) => {
  const under = await startTestGateway(t, { config: engine(50) });
  const client = await under.login();
  const sent = await client.call('chat.send', { message: `Keep this: ${ENDLESS}` });
  const db = new Sqlite(under.home.databaseFile, { readonly: true });
  t.after(() => db.close());
  const rows = db
    .prepare('SELECT seq, role, content FROM messages WHERE message_id = ?')
    .all(sent.message_id);
  assert.deepEqual(rows[0], { seq: sent.seq, role: 'user', content: `Keep this: ${ENDLESS}` });
  assert.equal(rows.length, 2);
});

test(`${req('P4-message-size', 'P5-frame-size', 'P5-index-span')} a message of exactly 1 MiB is taken, and repeated in frames of at most 15 KiB`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { max_message_bytes: limit } = client.handshake.limits;
  assert.equal(limit, 1024 * 1024);
  const envelope = { jsonrpc: '2.0', method: 'chat.send', params: { message: '' }, id: 'big' };
  const message = 'word '.repeat(limit).slice(0, limit - JSON.stringify(envelope).length);
  const answered = client.next(({ id }) => id === 'big');
  client.send({ ...envelope, params: { message } });
  const { result } = await answered;
  await client.complete(result.message_id);
  assert.equal(client.streamed(result.message_id), embeddedReply(message));
  for (const frame of client.frames) {
    if (frame.method !== 'chat.stream') continue;
    assert.ok(Buffer.byteLength(JSON.stringify(frame)) <= 15 * 1024);
  }
});

test(`${req('P5-characters', 'P5-text')} characters of every width arrive whole`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const message = '\u0000"\\/é漢😀👩‍👩‍👧'.repeat(3000);
  const { message_id } = await client.call('chat.send', { message });
  await client.complete(message_id);
  for (const { chunk } of client.notifications('chat.stream')) assert.ok(chunk.isWellFormed());
  assert.equal(client.streamed(message_id), embeddedReply(message));
});

test(`${req('P4-text')} empty text, half a character and the wrong type are refused with their path`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const refused = async (params: object, path: string): Promise<void> => {
    const { error } = await client.request('chat.send', params);
    assert.equal(error.code, -32602);
    assert.equal(error.data.errors[0].path, path);
  };
  await refused({ message: '' }, '/message');
  await refused({ message: 'half \ud83d' }, '/message');
  await refused({ message: 7 }, '/message');
  await refused({ message: 'x', metadata: { half: '\udc00' } }, '/metadata');
  await refused({}, '');
  await refused({ message: 'x', colour: 'red' }, '');
  assert.deepEqual((await client.call('chat.history')).messages, []);
});

test(`${req('P4-current-channel', 'T-channel-switch')} without a channel a message goes to the current one`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { channel_id: id } = await client.call('channel.create', { name: 'coding' });
  const before = await client.call('chat.send', { message: 'before' });
  assert.equal(before.channel, 'default');
  await client.call('channel.switch', { channel_id: id });
  const after = await client.call('chat.send', { message: 'after' });
  assert.equal(after.channel, id);
  const named = await client.call('chat.send', { message: 'named', channel: 'default' });
  assert.equal(named.channel, 'default');
  await client.complete(after.message_id);
  const { messages } = await client.call('chat.history');
  assert.equal(messages[0].content, 'after');
});

test(`${req('T-chat-send')} a message sent as a notification is answered by a reply alone`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  client.send({ jsonrpc: '2.0', method: 'chat.send', params: { message: 'no id' } });
  const { params } = await client.frame(({ method }) => method === 'chat.complete');
  assert.equal(client.streamed(params.message_id), embeddedReply('no id'));
  // The handshake's response is the only one.
  assert.equal(client.frames.filter((frame) => frame.id !== undefined).length, 1);
});

test(`${req('T-channel-concurrency', 'P5-side-by-side')} one connection follows replies in two channels at once`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { channel_id: other } = await client.call('channel.create');
  const long = await client.call('chat.send', { message: ENDLESS });
  await client.frame(({ params }) => params?.message_id === long.message_id);
  const short = await client.call('chat.send', { message: 'short', channel: other });
  await client.complete(short.message_id);
  assert.equal(client.streamed(short.message_id), embeddedReply('short'));
  const { cancelled } = await client.call('chat.cancel', { message_id: long.message_id });
  assert.equal(cancelled, true, 'the long reply was still under way');
});
