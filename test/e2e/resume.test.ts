import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const MESSAGE = 'one two three four five six';
const SPOKEN = embeddedReply(MESSAGE);

/** The stream's frames since a mark, as text; throws where an index is not the one due. */
const streamedSince = (client: Client, mark: number, messageId: string, firstIndex: number): string => {
  let due = firstIndex;
  let text = '';
  for (const { method, params } of client.frames.slice(mark)) {
    if (method !== 'chat.stream' || params.message_id !== messageId) continue;
    assert.equal(params.index, due);
    due += params.span ?? 1;
    text += params.chunk;
  }
  return text;
};

/** Everything that follows one `chat.resume`, up to and with its completion. */
const resume = async (client: Client, messageId: string, afterIndex?: number) => {
  const mark = client.frames.length;
  const ended = client.next(
    ({ method, params }) => method === 'chat.complete' && params.message_id === messageId,
  );
  const answer = await client.call('chat.resume', {
    message_id: messageId,
    ...(afterIndex === undefined ? {} : { after_index: afterIndex }),
  });
  const { params: complete } = await ended;
  const firstIndex = answer.recovered ? (afterIndex ?? -1) + 1 : 0;
  return { answer, complete, text: streamedSince(client, mark, messageId, firstIndex) };
};

const chunkFrame = (messageId: string, index: number) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId && frame.params.index >= index;

test(`${req('P4-resume', 'P4-resume-state', 'P5-index-span', 'P5-kept')} from every index of an ended reply the rest follows, then its completion`, async (t) => {
  const under = await startTestGateway(t, { config: engine(1) });
  const [client, other] = await Promise.all([under.login(), under.login()]);
  const { message_id } = await client.call('chat.send', { message: MESSAGE });
  const complete = await client.complete(message_id);
  // Its own end of it, which another thread may bring later.
  await other.complete(message_id);
  const words = SPOKEN.match(/\s*\S+/g) as string[];
  const whole = await resume(other, message_id);
  assert.deepEqual(whole, { answer: { state: 'complete', recovered: true }, complete, text: SPOKEN });
  for (let after = -1; after < words.length; after += 1) {
    const { answer, text } = await resume(other, message_id, after);
    assert.deepEqual(answer, { state: 'complete', recovered: true });
    assert.equal(text, words.slice(after + 1).join(''));
  }
});

test(`${req('P4-resume-whole')} beyond the top the whole text follows`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { message_id } = await client.call('chat.send', { message: MESSAGE });
  await client.complete(message_id);
  const { answer, text } = await resume(client, message_id, 1_000_000);
  assert.deepEqual(answer, { state: 'complete', recovered: false });
  assert.equal(text, SPOKEN);
});

test(`${req('P4-resume-whole', 'P4-resume-state')} beyond the top of a running reply, too, and then it goes on`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(chunkFrame(message_id, 3));
  const answered = client.next(({ id }) => id === 'resume');
  client.send({
    jsonrpc: '2.0',
    method: 'chat.resume',
    params: { message_id, after_index: 1_000_000 },
    id: 'resume',
  });
  assert.deepEqual((await answered).result, { state: 'streaming', recovered: false });
  const border = client.frames.findIndex(({ id }) => id === 'resume');
  await client.next(chunkFrame(message_id, 30));
  await client.call('chat.cancel', { message_id });
  await client.complete(message_id);
  const { messages } = await client.call('chat.history');
  assert.equal(streamedSince(client, border, message_id, 0), messages[1].content);
});

test(`${req('P4-resume', 'P5-running-listed', 'P5-text')} one who comes in the middle gets all of it, while it goes on`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const writer = await under.login();
  const { message_id } = await writer.call('chat.send', { message: `${MESSAGE} `.repeat(20) });
  await writer.frame(chunkFrame(message_id, 3));
  const late = await under.login();
  const [listed] = late.handshake.streams;
  assert.deepEqual(Object.keys(listed), ['message_id', 'channel', 'next_index']);
  assert.deepEqual([listed.message_id, listed.channel], [message_id, 'default']);
  assert.ok(listed.next_index >= 4);
  assert.deepEqual(await late.call('chat.resume', { message_id }), { state: 'streaming', recovered: true });
  await Promise.all([late.complete(message_id), writer.complete(message_id)]);
  assert.equal(late.streamed(message_id), embeddedReply(`${MESSAGE} `.repeat(20)));
  assert.equal(writer.streamed(message_id), late.streamed(message_id));
});

test(`${req('P4-resume-one-cursor', 'P5-text')} a follower that resumes reads on from there, and no chunk comes twice`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(10) })).login();
  const { message_id } = await client.call('chat.send', { message: `${MESSAGE} `.repeat(20) });
  await client.frame(chunkFrame(message_id, 5));
  // The answer is the border: what was sent before it belongs to the cursor of before.
  const answered = client.next(({ id }) => id === 'resume');
  client.send({
    jsonrpc: '2.0',
    method: 'chat.resume',
    params: { message_id, after_index: 2 },
    id: 'resume',
  });
  assert.deepEqual((await answered).result, { state: 'streaming', recovered: true });
  await client.complete(message_id);
  const border = client.frames.findIndex(({ id }) => id === 'resume');
  const full = embeddedReply(`${MESSAGE} `.repeat(20));
  const words = full.match(/\s*\S+\s*$|\s*\S+/g) as string[];
  assert.equal(streamedSince(client, border, message_id, 3), words.slice(3).join(''));
  await client.settle();
  assert.equal(client.notifications('chat.complete').length, 1);
});

test(`${req('P4-resume-one-cursor')} subscribing afterwards does not bring a resumed reply twice, running or queued`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  const { channel_id: id } = await writer.call('channel.create');
  const first = await writer.call('chat.send', { message: `${MESSAGE} `.repeat(10), channel: id });
  const second = await writer.call('chat.send', { message: 'queued', channel: id });
  const resumed = [
    await reader.call('chat.resume', { message_id: first.message_id }),
    await reader.call('chat.resume', { message_id: second.message_id }),
  ];
  assert.deepEqual(
    resumed.map(({ state }) => state),
    ['streaming', 'queued'],
  );
  assert.deepEqual((await reader.call('channel.subscribe', { channel_id: id })).streams, []);
  for (const { message_id } of [first, second]) {
    await Promise.all([reader.complete(message_id), writer.complete(message_id)]);
    assert.equal(reader.streamed(message_id), writer.streamed(message_id));
  }
  await reader.settle();
  assert.equal(reader.notifications('chat.complete').length, 2);
});

test(`${req('P4-resume', 'P4-resume-state')} a queued reply is followed from its beginning`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  await reader.call('channel.unsubscribe', { channel_id: 'default' });
  const running = await writer.call('chat.send', { message: ENDLESS });
  const queued = await writer.call('chat.send', { message: MESSAGE });
  assert.deepEqual(await reader.call('chat.resume', { message_id: queued.message_id }), {
    state: 'queued',
    recovered: true,
  });
  await writer.call('chat.cancel', { message_id: running.message_id });
  await reader.complete(queued.message_id);
  assert.ok(reader.streamed(queued.message_id).startsWith(SPOKEN));
  assert.ok(reader.notifications('chat.stream').every(({ message_id }) => message_id === queued.message_id));
});

test(`${req('P4-resume-state')} the state of an ended reply is how it ended`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(chunkFrame(message_id, 0));
  await client.call('chat.cancel', { message_id });
  await client.complete(message_id);
  const said = client.streamed(message_id);
  const { answer, complete, text } = await resume(client, message_id);
  assert.deepEqual(answer, { state: 'cancelled', recovered: true });
  assert.equal(complete.finish_reason, 'cancelled');
  assert.equal(text, said);
});

test(`${req('P4-resume-whole', 'P5-kept', 'P5-frame-size')} after a restart the whole text comes from the store`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const message = `${'long 😀 '.repeat(10_000)}end`;
  const { message_id } = await client.call('chat.send', { message });
  const complete = await client.complete(message_id);
  const again = await (await under.restart()).login();
  const resumed = await resume(again, message_id, 7);
  assert.deepEqual(resumed.answer, { state: 'complete', recovered: false });
  assert.deepEqual(resumed.complete, complete);
  assert.equal(resumed.text, embeddedReply(message));
  for (const frame of again.frames) assert.ok(Buffer.byteLength(JSON.stringify(frame)) <= 15 * 1024);
});

test(`${req('P4-resume-one-cursor', 'P4-resume-whole')} resuming from the store anew takes the place of the earlier cursor`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: 'long '.repeat(10_000) });
  await client.complete(message_id);
  const again = await (await under.restart()).login();
  await Promise.all([1, 2].map(() => again.call('chat.resume', { message_id })));
  await again.complete(message_id);
  await again.settle();
  // The second may begin behind any frame of the first; from where it begins the text is whole.
  const begin = again.frames.findLastIndex(
    ({ method, params }) => method === 'chat.stream' && params.index === 0,
  );
  assert.equal(streamedSince(again, begin, message_id, 0), embeddedReply('long '.repeat(10_000)));
});

test(`${req('P4-resume')} a batch’s streams begin behind its answer`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { message_id } = await client.call('chat.send', { message: MESSAGE });
  await client.complete(message_id);
  const mark = client.frames.length;
  const ended = client.next(({ method }) => method === 'chat.complete');
  client.send([
    { jsonrpc: '2.0', method: 'chat.resume', params: { message_id }, id: 1 },
    { jsonrpc: '2.0', method: 'channel.list', params: {}, id: 2 },
  ]);
  await ended;
  const answer = client.frames[mark];
  assert.deepEqual(
    answer.map(({ id }: Json) => id),
    [1, 2],
  );
  assert.equal(streamedSince(client, mark + 1, message_id, 0), SPOKEN);
});
