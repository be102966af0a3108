import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const chunk = (messageId: string, index: number) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId && frame.params.index >= index;

/** The last source chunk that a client holds of a reply. */
const lastIndex = (client: Client, messageId: string): number => {
  const frame = client.notifications('chat.stream').findLast(({ message_id }) => message_id === messageId);
  return frame.index + (frame.span ?? 1) - 1;
};

test(`${req('P3-resume-session', 'P4-not-cancelled', 'P5-text')} a dropped connection comes back to its channel, its subscriptions and the rest of its reply`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const first = await under.login();
  const { channel_id } = await first.call('channel.create', { name: 'coding' });
  await first.call('channel.switch', { channel_id });
  await first.call('channel.unsubscribe', { channel_id: 'default' });
  const message = 'a reply of many words '.repeat(40);
  const { message_id } = await first.call('chat.send', { message });
  await first.frame(chunk(message_id, 5));
  first.terminate();
  await first.closed;
  const held = lastIndex(first, message_id);
  const said = first.streamed(message_id);
  const { session_id } = first.handshake;
  const second = await under.login({
    resume: { session_id, streams: [{ message_id, after_index: held }] },
  });
  assert.deepEqual(
    [second.handshake.resumed, second.handshake.session_id, second.handshake.streams],
    [true, session_id, []],
  );
  assert.equal((await second.complete(message_id)).finish_reason, 'stop');
  assert.equal(said + second.streamed(message_id, held + 1), embeddedReply(message));
  const { channels, current } = await second.call('channel.list');
  assert.equal(current, channel_id);
  assert.deepEqual(
    channels.map(({ subscribed }: Json) => subscribed),
    [false, true],
  );
  const next = await second.call('chat.send', { message: 'on' });
  await second.complete(next.message_id);
});

test(`${req('P3-resume-session', 'P5-running-listed')} a reply that is not named is listed, not followed`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const first = await under.login();
  const { message_id } = await first.call('chat.send', { message: ENDLESS });
  await first.frame(chunk(message_id, 0));
  await first.close();
  const second = await under.login({ resume: { session_id: first.handshake.session_id } });
  assert.equal(second.handshake.resumed, true);
  assert.equal(second.handshake.streams[0].message_id, message_id);
  const writer = await under.login();
  await writer.call('chat.cancel', { message_id });
  const next = await writer.call('chat.send', { message: 'next' });
  await second.complete(next.message_id);
  assert.equal(second.streamed(message_id), '');
});

test(`${req('P3-resume-session')} a named reply that has ended, queued or never was spoils nothing`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const first = await under.login();
  const ended = await first.call('chat.send', { message: 'short' });
  await first.complete(ended.message_id);
  const running = await first.call('chat.send', { message: ENDLESS });
  const queued = await first.call('chat.send', { message: 'queued' });
  await first.close();
  const second = await under.login({
    resume: {
      session_id: first.handshake.session_id,
      streams: [ended, queued, { message_id: 'msg-none' }].map(({ message_id }) => ({
        message_id,
        after_index: -1,
      })),
    },
  });
  assert.equal(second.handshake.resumed, true);
  assert.equal(second.handshake.streams[0].message_id, running.message_id);
  await second.complete(ended.message_id);
  assert.equal(second.streamed(ended.message_id), embeddedReply('short'));
  await second.call('chat.cancel', { message_id: running.message_id });
  await second.complete(queued.message_id);
  assert.ok(second.streamed(queued.message_id).startsWith(embeddedReply('queued')));
});

test(`${req('P3-resume-unknown')} unknown and foreign sessions, open or ended, are not resumed and cannot be told apart`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [open, ended] = await Promise.all([under.login(), under.login()]);
  await ended.close();
  const token = await addToken(under, { principal: 'grace' });
  for (const session_id of ['sess-none', open.handshake.session_id, ended.handshake.session_id]) {
    const { handshake } = await under.login({ token, resume: { session_id } });
    assert.equal(handshake.resumed, false);
    assert.notEqual(handshake.session_id, session_id);
    assert.deepEqual(handshake.streams, []);
  }
  await open.settle();
  const { handshake } = await under.login({ resume: { session_id: ended.handshake.session_id } });
  assert.equal(handshake.resumed, true, 'a stranger’s attempt takes nothing away');
  assert.equal((await under.login()).handshake.resumed, false);
});

test(`${req('P3-resume-session')} a session keeps its id, so that it can be resumed again and again`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const first = await under.login();
  const { session_id } = first.handshake;
  await first.close();
  const second = await under.login({ resume: { session_id } });
  await second.close();
  const third = await under.login({ resume: { session_id } });
  assert.deepEqual([second.handshake.resumed, third.handshake.resumed], [true, true]);
});

test(`${req('P3-resume-open')} resuming a session that is still open closes that one`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const first = await under.login();
  const { channel_id } = await first.call('channel.create');
  await first.call('channel.switch', { channel_id });
  const { message_id } = await first.call('chat.send', { message: 'word '.repeat(100) });
  await first.frame(chunk(message_id, 3));
  const second = await under.login({
    resume: {
      session_id: first.handshake.session_id,
      streams: [{ message_id, after_index: -1 }],
    },
  });
  assert.equal(second.handshake.resumed, true);
  assert.deepEqual(await first.closed, { code: 1000, reason: 'Session resumed elsewhere' });
  assert.equal((await second.call('channel.list')).current, channel_id);
  await second.complete(message_id);
  assert.equal(second.streamed(message_id), embeddedReply('word '.repeat(100)));
});

test(`${req('P3-resume-session')} a channel deleted meanwhile leaves the session on default`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const first = await under.login();
  const { channel_id } = await first.call('channel.create');
  await first.call('channel.switch', { channel_id });
  await first.close();
  const other = await under.login();
  await other.call('channel.delete', { channel_id });
  const second = await under.login({ resume: { session_id: first.handshake.session_id } });
  assert.equal(second.handshake.resumed, true);
  assert.equal((await second.call('channel.list')).current, 'default');
});
