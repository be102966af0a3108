import assert from 'node:assert/strict';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { req } from './requirements.js';

test(`${req('T-channel-persistence', 'P5-kept')} channels and what was said in them outlive a restart`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create', { name: 'coding', metadata: { a: [1] } });
  for (const channel of ['default', channel_id]) {
    const { message_id } = await client.call('chat.send', { message: `said in ${channel}`, channel });
    await client.complete(message_id);
  }
  const before = {
    list: (await client.call('channel.list')).channels,
    histories: await Promise.all(
      ['default', channel_id].map((channel) => client.call('chat.history', { channel })),
    ),
  };
  const again = await (await under.restart()).login();
  assert.deepEqual(again.handshake.channels, ['default', channel_id]);
  const after = {
    // Only the subscription was the session's.
    list: (await again.call('channel.list')).channels.map((channel: Json) => ({
      ...channel,
      subscribed: true,
    })),
    histories: await Promise.all(
      ['default', channel_id].map((channel) => again.call('chat.history', { channel })),
    ),
  };
  assert.deepEqual(after, before);
  const sent = await again.call('chat.send', { message: 'on' });
  assert.equal(sent.seq, 3);
  await again.complete(sent.message_id);
});

test(`${req('T-channel-isolation', 'T-channel-persistence')} what the engine remembers after a restart is of its channel`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { channel_id } = await client.call('channel.create');
  for (const [channel, message] of [
    ['default', 'my cat is grey'],
    [channel_id, 'my dog is brown'],
  ]) {
    const sent = await client.call('chat.send', { message, channel });
    await client.complete(sent.message_id);
  }
  const again = await (await under.restart()).login();
  const { message_id } = await again.call('chat.send', { message: 'what is my pet?' });
  await again.complete(message_id);
  const reply = again.streamed(message_id);
  assert.ok(reply.includes('my cat is grey') && !reply.includes('dog'));
});

test(`${req('P5-crash', 'P5-crash-queued', 'P4-send-durable')} killed in the middle of a reply, it says later what had been said and leaves nothing open`, {
  timeout: 60_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const config = engine(10);
  const killed = await startGatewayProcess(t, { homeDir, config });
  const client = await killed.login();
  const running = await client.call('chat.send', { message: ENDLESS });
  const queued = await client.call('chat.send', { message: 'acknowledged, not begun' });
  // The first part of the reply is in the file.
  const db = new Sqlite(`${homeDir}/openclaw.db`, { readonly: true });
  const stored = db.prepare<[string], { content: string }>(
    "SELECT content FROM messages WHERE message_id = ? AND role = 'assistant'",
  );
  while (stored.get(running.message_id)?.content === '') {
    await client.next(({ method }) => method === 'chat.stream', 'chat.stream');
  }
  db.close();
  await killed.kill();
  const again = await (await startGatewayProcess(t, { homeDir, config })).login();
  const { messages } = await again.call('chat.history');
  assert.deepEqual(
    messages.map(({ message_id, role, finish_reason }: Json) => [message_id, role, finish_reason]),
    [
      [running.message_id, 'user', undefined],
      [running.message_id, 'assistant', 'interrupted'],
      [queued.message_id, 'user', undefined],
      [queued.message_id, 'assistant', 'interrupted'],
    ],
  );
  const [, cut, , empty] = messages;
  assert.ok(cut.content.length > 0 && embeddedReply(ENDLESS).startsWith(cut.content));
  assert.equal(empty.content, '');
  for (const { message_id, content } of [cut, empty]) {
    assert.deepEqual(await again.call('chat.resume', { message_id }), {
      state: 'interrupted',
      recovered: false,
    });
    assert.equal((await again.complete(message_id)).finish_reason, 'interrupted');
    assert.equal(again.streamed(message_id), content);
    assert.deepEqual(await again.call('chat.cancel', { message_id }), { cancelled: false });
  }
  assert.deepEqual(again.handshake.streams, []);
  const next = await again.call('chat.send', { message: 'and on' });
  assert.equal((await again.complete(next.message_id)).finish_reason, 'stop');
});
