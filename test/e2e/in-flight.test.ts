import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const call = (method: string, params: object, id: number) => ({ jsonrpc: '2.0', method, params, id });

test(`${req('P4-not-cancelled', 'P4-resume')} a client that sends, is gone at once and comes back finds its reply running, once`, async (t) => {
  const under = await startTestGateway(t, { config: engine(20) });
  const hasty = await under.login();
  hasty.send(call('chat.send', { message: ENDLESS }, 1));
  await hasty.close();
  const client = await under.login();
  // Until the message is stored nothing runs: history is read behind it, in the store's order.
  const { messages } = await client.call('chat.history');
  const [{ message_id: id }] = messages;
  assert.equal(messages[0].content, ENDLESS);
  const { state, recovered } = await client.call('chat.resume', { message_id: id });
  assert.deepEqual([state, recovered], ['streaming', true]);
  assert.deepEqual(await client.call('chat.cancel', { message_id: id }), { cancelled: true });
  assert.equal((await client.complete(id)).finish_reason, 'cancelled');
  assert.equal(client.notifications('chat.complete').length, 1);
});

test(`${req('P4-delete')} every message of a deleted channel gets its completion, queued ones too`, async (t) => {
  const under = await startTestGateway(t, { config: engine(20) });
  const client = await under.login();
  const follower = await under.login();
  const { channel_id: channel } = await client.call('channel.create');
  await follower.call('channel.subscribe', { channel_id: channel });
  const sent: Json[] = [];
  for (const message of [ENDLESS, 'second', 'third']) {
    sent.push(await client.call('chat.send', { message, channel }));
  }
  client.send(call('channel.delete', { channel_id: channel }, 1));
  client.send(call('chat.cancel', { message_id: sent[0].message_id }, 2));
  for (const reader of [client, follower]) {
    for (const { message_id } of sent) {
      assert.equal((await reader.complete(message_id)).finish_reason, 'cancelled');
    }
    await reader.settle();
    assert.equal(reader.notifications('chat.complete').length, 3);
  }
});

test(`${req('P5-drain')} a planned end answers what it had received, and keeps it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const answer = client.next((frame) => frame.id === 7, 'the answer');
  client.send(call('chat.send', { message: 'in the last moment' }, 7));
  client.send(call('system.ping', {}, 8));
  await client.frame((frame) => frame.id === 8);
  const restarted = under.restart();
  const { result } = await answer;
  assert.equal((await client.closed).code, 1001);
  const later = await (await restarted).login();
  const { messages } = await later.call('chat.history');
  assert.equal(messages[0].message_id, result.message_id);
  assert.ok(messages[1].finish_reason !== undefined && messages[1].finish_reason !== 'error');
});

test(`${req('P2-open-calls')} far more calls at once than are worked on at a time are all answered`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const sent = await client.call('chat.send', { message: 'hello' });
  await client.complete(sent.message_id);
  const answers: Json[] = await Promise.all(
    Array.from({ length: 1000 }, (_, at) => client.request(at % 2 === 0 ? 'chat.history' : 'system.ping')),
  );
  assert.ok(answers.every(({ result }) => result !== undefined));
});

test(`${req('P4-current-channel')} calls that had to wait act in the order they came`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { channel_id: other } = await client.call('channel.create');
  const requests: Promise<Json>[] = [];
  for (let at = 0; at < 200; at += 1) requests.push(client.request('chat.history'));
  const before = client.call('chat.send', { message: 'in default' });
  requests.push(client.request('channel.switch', { channel_id: other }));
  const after = client.call('chat.send', { message: 'in the other' });
  assert.deepEqual([(await before).channel, (await after).channel], ['default', other]);
  await Promise.all(requests);
});

test(`${req('P2-batch-order')} a member whose answer no longer fits is told so, in its place`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, { max_reply_backlog_bytes: 1_000_000_000 }) });
  const client = await under.login();
  const { message_id: id } = await client.call('chat.send', { message: 'x'.repeat(900 * 1024) });
  await client.complete(id);
  const batch = Array.from({ length: 8 }, (_, at) => call('chat.history', { limit: 1 }, at));
  const answer = client.next((frame) => Array.isArray(frame), 'the array');
  client.send([...batch, call('system.ping', {}, 99)]);
  const members: Json[] = await answer;
  assert.deepEqual(
    members.map((member) => member.id),
    [0, 1, 2, 3, 4, 5, 6, 7, 99],
  );
  assert.deepEqual(
    members.map((member) => member.error?.code ?? 'fits'),
    ['fits', 'fits', 'fits', 'fits', -32600, -32600, -32600, -32600, 'fits'],
  );
  assert.match(members[4].error.data.reason, /more than 4194304 bytes/);
});

test(`${req('P4-resume-whole', 'P5-text')} several replies out of the store arrive whole, one after another`, async (t) => {
  const first = await startTestGateway(t, { config: engine(0) });
  const writer = await first.login();
  const sent: Json[] = [];
  for (const message of ['one '.repeat(5000), 'two', 'three '.repeat(5000)]) {
    const { message_id } = await writer.call('chat.send', {
      message,
      channel: (await writer.call('channel.create')).channel_id,
    });
    await writer.complete(message_id);
    sent.push({ message_id, message });
  }
  const client = await (await first.restart()).login();
  for (const { message_id } of sent) {
    client.send(call('chat.resume', { message_id, after_index: 3 }, 1));
  }
  for (const { message_id, message } of sent) {
    await client.complete(message_id);
    assert.equal(client.streamed(message_id), embeddedReply(message));
  }
});
