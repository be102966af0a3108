import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

test(`${req('P4-chat-message', 'P5-default', 'P5-text')} both connections get the reply, the other one the message too`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const [writer, reader] = await Promise.all([
    under.login({ client_id: 'terminal' }),
    under.login({ client_id: 'phone' }),
  ]);
  const { message_id, seq } = await writer.call('chat.send', { message: 'hello from the terminal' });
  const [mine, theirs] = await Promise.all([writer.complete(message_id), reader.complete(message_id)]);
  assert.deepEqual(mine, theirs);
  assert.equal(writer.streamed(message_id), embeddedReply('hello from the terminal'));
  assert.equal(reader.streamed(message_id), writer.streamed(message_id));
  assert.deepEqual(writer.notifications('chat.message'), []);
  const heard = reader.frames.filter(({ method }) => method?.startsWith('chat.'));
  assert.equal(heard[0].method, 'chat.message');
  assert.equal(
    JSON.stringify(heard[0].params),
    JSON.stringify({
      channel: 'default',
      message_id,
      seq,
      message: 'hello from the terminal',
      client_id: 'terminal',
    }),
  );
});

test(`${req('P5-running-listed', 'P5-subscribe')} what runs when one subscribes is listed and left alone; what starts later is followed`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  const { channel_id } = await writer.call('channel.create');
  const running = await writer.call('chat.send', { message: ENDLESS, channel: channel_id });
  await writer.frame(({ method }) => method === 'chat.stream');
  const subscribed = await reader.call('channel.subscribe', { channel_id });
  assert.deepEqual(Object.keys(subscribed), ['channel_id', 'subscribed', 'streams']);
  assert.equal(subscribed.subscribed, true);
  assert.equal(subscribed.streams[0].message_id, running.message_id);
  const again = await reader.call('channel.switch', { channel_id });
  assert.equal(again.streams[0].message_id, running.message_id);
  const next = await writer.call('chat.send', { message: 'next', channel: channel_id });
  await writer.call('chat.cancel', { message_id: running.message_id });
  await reader.complete(next.message_id);
  assert.ok(reader.streamed(next.message_id).startsWith(embeddedReply('next')));
  const followed = reader.frames.filter(
    ({ method, params }) => method?.startsWith('chat.') && params.message_id === running.message_id,
  );
  assert.deepEqual(followed, []);
});

test(`${req('P5-subscribe')} create and send subscribe`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [maker, sender, idle] = await Promise.all([under.login(), under.login(), under.login()]);
  const { channel_id } = await maker.call('channel.create');
  const sent = await sender.call('chat.send', { message: 'x', channel: channel_id });
  await Promise.all([maker.complete(sent.message_id), sender.complete(sent.message_id)]);
  const next = await maker.call('chat.send', { message: 'y', channel: channel_id });
  await sender.complete(next.message_id);
  await idle.settle();
  assert.deepEqual(idle.notifications('chat.complete'), []);
});

test(`${req('P5-subscribe')} unsubscribing stops everything of the channel, at once; subscribing brings it back`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  const running = await writer.call('chat.send', { message: ENDLESS });
  await reader.frame(({ method }) => method === 'chat.stream');
  const answered = reader.next(({ id }) => id === 'stop');
  reader.send({
    jsonrpc: '2.0',
    method: 'channel.unsubscribe',
    params: { channel_id: 'default' },
    id: 'stop',
  });
  assert.deepEqual((await answered).result, { channel_id: 'default', subscribed: false });
  await writer.call('chat.cancel', { message_id: running.message_id });
  await writer.complete(running.message_id);
  await reader.settle();
  const border = reader.frames.findIndex(({ id }) => id === 'stop');
  const later = reader.frames.slice(border + 1).filter(({ method }) => method?.startsWith('chat.'));
  assert.deepEqual(later, []);
  await reader.call('channel.subscribe', { channel_id: 'default' });
  const { message_id } = await writer.call('chat.send', { message: 'back' });
  await reader.complete(message_id);
  assert.equal(reader.streamed(message_id), writer.streamed(message_id));
});

test(`${req('P5-subscribe', 'P5-text')} subscribing twice brings everything once`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  await client.call('channel.subscribe', { channel_id: 'default' });
  await client.call('channel.switch', { channel_id: 'default' });
  const { message_id } = await client.call('chat.send', { message: 'once' });
  await client.complete(message_id);
  await client.settle();
  assert.equal(client.streamed(message_id), embeddedReply('once'));
  assert.equal(client.notifications('chat.complete').length, 1);
});

test(`${req('P3-notification-scopes')} a connection without the scope chat gets no frame of a chat and no list of streams`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const writer = await under.login();
  const token = await addToken(under, { principal: 'local', scopes: ['channels'] });
  const deaf = await under.login({ token });
  const running = await writer.call('chat.send', { message: ENDLESS });
  await writer.frame(({ method }) => method === 'chat.stream');
  assert.deepEqual((await deaf.call('channel.switch', { channel_id: 'default' })).streams, []);
  assert.deepEqual((await under.login({ token })).handshake.streams, []);
  const { error } = await deaf.request('chat.resume', { message_id: running.message_id });
  assert.deepEqual([error.code, error.data.scope], [4012, 'chat']);
  await writer.call('chat.cancel', { message_id: running.message_id });
  await writer.complete(running.message_id);
  await deaf.settle();
  assert.deepEqual(
    deaf.frames.filter(({ method }) => method?.startsWith('chat.')),
    [],
  );
});

test(`${req('P4-foreign', 'T-channel-isolation')} nothing of a principal reaches another one’s default`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const writer = await under.login();
  const stranger = await under.login({ token: await addToken(under, { principal: 'grace' }) });
  const { message_id } = await writer.call('chat.send', { message: 'private' });
  await writer.complete(message_id);
  await stranger.settle();
  assert.equal(stranger.frames.filter(({ method }) => method?.startsWith('chat.')).length, 0);
});
