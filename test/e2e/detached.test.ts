import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const chunk = (messageId: string) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId;

test(`${req('P5-detached', 'P4-not-cancelled')} a reply goes on to its end when nobody follows it any more`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const client = await under.login();
  const message = 'word '.repeat(50);
  const { message_id } = await client.call('chat.send', { message });
  await client.frame(chunk(message_id));
  client.terminate();
  await client.closed;
  const later = await under.login();
  assert.equal((await later.call('chat.resume', { message_id })).recovered, true);
  assert.equal((await later.complete(message_id)).finish_reason, 'stop');
  assert.equal(later.streamed(message_id), embeddedReply(message));
});

const impatient = engine(20, {}, '[chat]\ndetached_timeout = 1\n');

test(`${req('P5-detached-timeout')} after detached_timeout without a follower it is cancelled, its text kept`, async (t) => {
  const under = await startTestGateway(t, { config: impatient });
  const [client, onlooker] = await Promise.all([under.login(), under.login()]);
  // One who may not see chats is on the channel and follows nothing of it.
  await under.login({ token: await addToken(under, { principal: 'local', scopes: ['channels'] }) });
  await onlooker.call('channel.unsubscribe', { channel_id: 'default' });
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  const next = await client.call('chat.send', { message: 'queued' });
  await client.frame(chunk(message_id));
  client.terminate();
  await client.closed;
  // A follower of the queued reply alone keeps nothing else alive, and sees it begin when its turn comes.
  await onlooker.call('chat.resume', { message_id: next.message_id });
  await onlooker.frame(chunk(next.message_id));
  const { messages } = await onlooker.call('chat.history');
  const reply = messages[1];
  assert.equal(reply.finish_reason, 'cancelled');
  assert.ok(reply.content.length > 0 && embeddedReply(ENDLESS).startsWith(reply.content));
});

test(`${req('P5-detached-timeout')} unsubscribing leaves too, and whoever comes back in time keeps it going`, {
  timeout: 60_000,
}, async (t) => {
  const under = await startTestGateway(t, { config: impatient });
  const [client, other] = await Promise.all([under.login(), under.login()]);
  const { channel_id } = await client.call('channel.create');
  const kept = await client.call('chat.send', { message: ENDLESS });
  const left = await client.call('chat.send', { message: ENDLESS, channel: channel_id });
  await client.frame(chunk(kept.message_id));
  await client.frame(chunk(left.message_id));
  await other.call('channel.unsubscribe', { channel_id: 'default' });
  await Promise.all([
    client.call('channel.unsubscribe', { channel_id: 'default' }),
    client.call('channel.unsubscribe', { channel_id }),
    other.call('chat.resume', { message_id: kept.message_id }),
  ]);
  // Both had the same second: once the one has been cancelled, the other has outlived it.
  const { channel_id: probe } = await client.call('channel.create');
  const ended = async (): Promise<boolean> => {
    const { messages } = await client.call('chat.history', { channel: channel_id });
    return messages[1].finish_reason === 'cancelled';
  };
  while (!(await ended())) {
    // A short reply elsewhere takes some hundred milliseconds.
    const { message_id } = await client.call('chat.send', { message: 'tick', channel: probe });
    await client.complete(message_id);
  }
  const mark = other.frames.length;
  await other.next(chunk(kept.message_id));
  assert.ok(other.frames.length > mark);
  assert.equal((await other.call('chat.cancel', { message_id: kept.message_id })).cancelled, true);
});
