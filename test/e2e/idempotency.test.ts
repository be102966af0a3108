import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDLESS, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const once = { message: 'Pay the invoice', idempotency_key: 'order-1' };

test(`${req('P4-idempotency')} a repeated message gets the first answer, while it runs and after, and runs once`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const first = await client.call('chat.send', once);
  assert.deepEqual(await client.call('chat.send', once), first);
  await client.complete(first.message_id);
  assert.deepEqual(await client.call('chat.send', once), first);
  await client.settle();
  assert.equal(client.notifications('chat.complete').length, 1);
  const { messages } = await client.call('chat.history');
  assert.equal(messages.length, 2);
});

test(`${req('P4-idempotency')} two at once are one`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [left, right] = await Promise.all([under.login(), under.login()]);
  const answers = await Promise.all([left.call('chat.send', once), right.call('chat.send', once)]);
  assert.deepEqual(answers[0], answers[1]);
  await left.complete(answers[0].message_id);
  assert.equal((await left.call('chat.history')).messages.length, 2);
});

test(`${req('P4-idempotency')} the key is remembered over a restart`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const first = await client.call('chat.send', once);
  await client.complete(first.message_id);
  const again = await (await under.restart()).login();
  assert.deepEqual(await again.call('chat.send', once), first);
  assert.equal((await again.call('chat.history')).messages.length, 2);
});

test(`${req('P4-idempotency', 'P5-subscribe')} a repeated message subscribes to its channel like the first`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [first, second] = await Promise.all([under.login(), under.login()]);
  const { channel_id: channel } = await first.call('channel.create');
  const sent = await first.call('chat.send', { ...once, channel });
  assert.deepEqual(await second.call('chat.send', { ...once, channel }), sent);
  const next = await first.call('chat.send', { message: 'next', channel });
  await second.complete(next.message_id);
  assert.equal(second.streamed(next.message_id), first.streamed(next.message_id));
});

test(`${req('P4-idempotency-conflict')} the same key with another message is a conflict, and nothing runs`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const first = await client.call('chat.send', once);
  const { error } = await client.request('chat.send', { ...once, message: 'Pay another invoice' });
  assert.equal(error.code, 4090);
  await client.complete(first.message_id);
  assert.equal((await client.call('chat.history')).messages.length, 2);
});

test(`${req('P4-idempotency', 'P4-foreign')} a key belongs to its principal`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const ours = await under.login();
  const theirs = await under.login({ token: await addToken(under, { principal: 'grace' }) });
  const first = await ours.call('chat.send', once);
  const other = await theirs.call('chat.send', { ...once, message: 'Something else' });
  assert.notEqual(other.message_id, first.message_id);
  await theirs.complete(other.message_id);
});

test(`${req('P4-idempotency')} the same message with another key, or none, is another message`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const message = ENDLESS;
  const sent = [
    await client.call('chat.send', { message, idempotency_key: 'a' }),
    await client.call('chat.send', { message, idempotency_key: 'b' }),
    await client.call('chat.send', { message }),
    await client.call('chat.send', { message }),
  ];
  assert.equal(new Set(sent.map(({ message_id }) => message_id)).size, 4);
});
