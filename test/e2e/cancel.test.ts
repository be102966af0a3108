import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const firstChunk = (client: Client, messageId: string): Promise<Json> =>
  client.frame(({ method, params }) => method === 'chat.stream' && params.message_id === messageId);

const storedReply = async (client: Client, messageId: string): Promise<Json> => {
  const { messages } = await client.call('chat.history');
  return messages.find((message: Json) => message.message_id === messageId && message.role === 'assistant');
};

test(`${req('P4-cancel', 'P4-complete')} a reply cancelled in the middle ends once, with its text kept`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await firstChunk(client, message_id);
  assert.deepEqual(await client.call('chat.cancel', { message_id }), { cancelled: true });
  const complete = await client.complete(message_id);
  assert.equal(complete.finish_reason, 'cancelled');
  assert.equal(complete.usage.estimated, true);
  await client.settle();
  assert.equal(client.notifications('chat.complete').length, 1);
  const said = client.streamed(message_id);
  assert.ok(said.length > 0 && embeddedReply(ENDLESS).startsWith(said));
  const stored = await storedReply(client, message_id);
  assert.equal(stored.content, said);
  assert.equal(stored.finish_reason, 'cancelled');
});

test(`${req('P4-cancel-harmless')} cancelled in the same breath as it was sent, a message ends all the same`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(20) })).login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  const { cancelled } = await client.call('chat.cancel', { message_id });
  assert.equal(cancelled, true);
  assert.equal((await client.complete(message_id)).finish_reason, 'cancelled');
  const next = await client.call('chat.send', { message: 'and on' });
  assert.equal((await client.complete(next.message_id)).finish_reason, 'stop');
});

test(`${req('P4-cancel-harmless')} twice and after the end it says false and nothing more happens`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await firstChunk(client, message_id);
  const answers = await Promise.all([
    client.call('chat.cancel', { message_id }),
    client.call('chat.cancel', { message_id }),
  ]);
  assert.deepEqual(answers, [{ cancelled: true }, { cancelled: false }]);
  await client.complete(message_id);
  assert.deepEqual(await client.call('chat.cancel', { message_id }), { cancelled: false });
  const done = await client.call('chat.send', { message: 'short' });
  await client.complete(done.message_id);
  assert.deepEqual(await client.call('chat.cancel', { message_id: done.message_id }), { cancelled: false });
  await client.settle();
  assert.equal(client.notifications('chat.complete').length, 2);
});

test(`${req('P4-cancel-harmless')} a reply of before a restart has ended: false`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: 'short' });
  await client.complete(message_id);
  const again = await (await under.restart()).login();
  assert.deepEqual(await again.call('chat.cancel', { message_id }), { cancelled: false });
});

test(`${req('P4-cancel-queued', 'P5-queue-order')} a queued message is cancelled without a word, and the others go on`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(5) })).login();
  const running = await client.call('chat.send', { message: ENDLESS });
  const queued = await client.call('chat.send', { message: 'never said' });
  const last = await client.call('chat.send', { message: 'last' });
  assert.deepEqual(await client.call('chat.cancel', { message_id: queued.message_id }), { cancelled: true });
  const complete = await client.complete(queued.message_id);
  assert.equal(complete.finish_reason, 'cancelled');
  assert.equal(complete.total_tokens, 0);
  assert.equal(client.streamed(queued.message_id), '');
  await client.call('chat.cancel', { message_id: running.message_id });
  assert.equal((await client.complete(last.message_id)).finish_reason, 'stop');
  const { messages } = await client.call('chat.history');
  assert.deepEqual(
    messages.map(({ seq, finish_reason }: Json) => [seq, finish_reason]),
    [
      [1, undefined],
      [2, 'cancelled'],
      [3, undefined],
      [4, 'cancelled'],
      [5, undefined],
      [6, 'stop'],
    ],
  );
});

test(`${req('P4-cancel')} every connection of the principal may cancel, and every follower hears of it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const [writer, other] = await Promise.all([under.login(), under.login()]);
  const { message_id } = await writer.call('chat.send', { message: ENDLESS });
  await firstChunk(other, message_id);
  assert.deepEqual(await other.call('chat.cancel', { message_id }), { cancelled: true });
  for (const client of [writer, other]) {
    assert.equal((await client.complete(message_id)).finish_reason, 'cancelled');
  }
  assert.equal(writer.streamed(message_id), other.streamed(message_id));
});

test(`${req('P4-foreign')} another principal’s message cannot be cancelled, resumed or told from none`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const owner = await under.login();
  const stranger = await under.login({ token: await addToken(under, { principal: 'grace' }) });
  const { message_id } = await owner.call('chat.send', { message: ENDLESS });
  await firstChunk(owner, message_id);
  for (const method of ['chat.cancel', 'chat.resume']) {
    const foreign = await stranger.request(method, { message_id });
    const none = await stranger.request(method, { message_id: 'msg-none' });
    assert.equal(foreign.error.code, 4041);
    assert.deepEqual(foreign.error, none.error);
  }
  assert.deepEqual(await owner.call('chat.cancel', { message_id }), { cancelled: true });
  assert.deepEqual(stranger.notifications('chat.stream'), []);
});
