import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const QUEUE = 32;

test(`${req('P5-queue-limit', 'P2-channel-busy')} one runs, 32 wait, and the next is refused with a hint`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const sent: Json[] = [await client.call('chat.send', { message: ENDLESS })];
  for (let at = 1; at <= QUEUE; at += 1)
    sent.push(await client.call('chat.send', { message: `queued ${at}` }));
  const { error } = await client.request('chat.send', { message: 'one too many' });
  assert.equal(error.code, 4290);
  assert.ok(error.data.retry_after_ms > 0);
  assert.deepEqual(
    sent.map(({ seq }) => seq),
    sent.map((_, at) => 2 * at + 1),
  );
  const elsewhere = await client.call('channel.create');
  await client.call('chat.send', { message: 'elsewhere there is room', channel: elsewhere.channel_id });
  await client.call('chat.cancel', { message_id: sent[5].message_id });
  const after = await client.call('chat.send', { message: 'a place is free again' });
  assert.equal(after.seq, 2 * QUEUE + 3);
});

test(`${req('P5-queue-limit')} the limit holds for messages that arrive at once`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const answers: Json[] = await Promise.all(
    Array.from({ length: QUEUE + 8 }, (_, at) =>
      client.request('chat.send', { message: at === 0 ? ENDLESS : 'short' }),
    ),
  );
  assert.deepEqual(
    answers.map(({ error }) => error?.code ?? 'taken'),
    answers.map((_, at) => (at <= QUEUE ? 'taken' : 4290)),
  );
  const { messages } = await client.call('chat.history', { limit: 200 });
  assert.equal(messages.length, 2 * (QUEUE + 1));
});

test(`${req('P5-queue-limit', 'P4-idempotency', 'P4-idempotency-conflict')} a full channel still gives a repeated message its first answer`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const first = await client.call('chat.send', { message: ENDLESS, idempotency_key: 'k' });
  for (let at = 1; at <= QUEUE; at += 1) await client.call('chat.send', { message: `queued ${at}` });
  assert.deepEqual(await client.call('chat.send', { message: ENDLESS, idempotency_key: 'k' }), first);
  const other = await client.request('chat.send', { message: 'other', idempotency_key: 'k' });
  assert.equal(other.error.code, 4090);
  const fresh = await client.request('chat.send', { message: 'new', idempotency_key: 'another key' });
  assert.equal(fresh.error.code, 4290);
});

test(`${req('P5-queue-order', 'P5-text')} queued messages are answered one after another, in order`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const messages = Array.from({ length: QUEUE }, (_, at) => `message number ${at}`);
  const sent: Json[] = await Promise.all(messages.map((message) => client.call('chat.send', { message })));
  for (const { message_id } of sent) await client.complete(message_id);
  const order = client.frames
    .filter(({ method }) => method === 'chat.stream' || method === 'chat.complete')
    .map(({ params }) => params.message_id)
    .filter((id, at, all) => id !== all[at - 1]);
  assert.deepEqual(
    order,
    sent.map(({ message_id }) => message_id),
  );
  for (const [at, { message_id }] of sent.entries()) {
    assert.ok(client.streamed(message_id).startsWith(embeddedReply(messages[at] as string)));
  }
});

test(`${req('P5-side-by-side', 'P5-queue-order')} a full channel does not keep another one waiting`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { channel_id: other } = await client.call('channel.create');
  for (let at = 0; at <= QUEUE; at += 1) await client.call('chat.send', { message: ENDLESS });
  const { message_id } = await client.call('chat.send', { message: 'quick', channel: other });
  await client.complete(message_id);
  assert.deepEqual(client.notifications('chat.complete').length, 1);
});

test(`${req('P5-queue-limit', 'P2-channel-busy')} a principal’s waiting messages have one bound, however many channels it has`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const { channel_id: other } = await client.call('channel.create');
  const large = 'x'.repeat(1_000_000);
  const sent: Json[] = [];
  let refused: Json;
  while (refused === undefined && sent.length < 2 * QUEUE) {
    const channel = sent.length % 2 === 0 ? 'default' : other;
    const { result, error } = await client.request('chat.send', { message: large, channel });
    if (error === undefined) sent.push(result);
    else refused = error;
  }
  assert.equal(refused?.code, 4290);
  assert.equal(sent.length, Math.floor((64 * 1024 * 1024) / 2_000_000));
  const { message_id: waiting } = sent.at(-1);
  await client.call('chat.cancel', { message_id: waiting });
  await client.complete(waiting);
  await client.call('chat.send', { message: large });
});
