import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const say = async (client: Client, count: number, text = 'message'): Promise<void> => {
  for (let at = 0; at < count; at += 1) {
    const { message_id } = await client.call('chat.send', { message: `${text} ${at}` });
    await client.complete(message_id);
  }
};

const seqs = (page: Json): number[] => page.messages.map(({ seq }: Json) => seq);
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test(`${req('P4-history', 'T-channel-persistence')} an entry tells its message, seq, role, text, time and end`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const earliest = Date.now();
  const { message_id } = await client.call('chat.send', { message: 'Remember me' });
  await client.complete(message_id);
  const { messages, has_more } = await client.call('chat.history');
  assert.equal(has_more, false);
  const [message, reply] = messages;
  for (const { created_at } of messages) {
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.ok(Date.parse(created_at) >= earliest && Date.parse(created_at) <= Date.now());
  }
  assert.deepEqual(
    { ...message, created_at: '' },
    {
      message_id,
      seq: 1,
      role: 'user',
      content: 'Remember me',
      created_at: '',
    },
  );
  assert.deepEqual(
    { ...reply, created_at: '' },
    {
      message_id,
      seq: 2,
      role: 'assistant',
      content: client.streamed(message_id),
      created_at: '',
      finish_reason: 'stop',
    },
  );
});

test(`${req('P4-history-limit')} 50 by default, 1 to 200 on demand, the newest last`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  await say(client, 102);
  const page = await client.call('chat.history');
  assert.deepEqual(seqs(page), range(155, 204));
  assert.equal(page.has_more, true);
  assert.deepEqual(seqs(await client.call('chat.history', { limit: 1 })), [204]);
  assert.deepEqual(seqs(await client.call('chat.history', { limit: 200 })), range(5, 204));
  const oldest = await client.call('chat.history', { limit: 200, before: 5 });
  assert.deepEqual(oldest.messages.length, 4);
  assert.equal(oldest.has_more, false);
  assert.deepEqual(await client.call('chat.history', { before: 1 }), { messages: [], has_more: false });
  for (const params of [{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { before: -1 }, { before: '7' }]) {
    assert.equal((await client.request('chat.history', params)).error.code, -32602);
  }
});

test(`${req('P4-history')} paging back has no gaps and nothing twice while messages go on coming`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [reader, writer] = await Promise.all([under.login(), under.login()]);
  await say(writer, 20);
  const seen: number[] = [];
  let before: number | undefined;
  let hasMore = true;
  while (hasMore) {
    const [page] = await Promise.all([
      reader.call('chat.history', { limit: 7, ...(before === undefined ? {} : { before }) }),
      say(writer, 1, 'meanwhile'),
    ]);
    seen.unshift(...seqs(page));
    before = seen[0] as number;
    hasMore = page.has_more;
  }
  const newest = seen.at(-1) as number;
  assert.ok(newest >= 40);
  assert.deepEqual(seen, range(1, newest));
});

test(`${req('P4-history-bytes')} a page is at most 1 MiB, and the pages together are everything`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  // Quotes and control characters: what counts is the size on the wire.
  await say(client, 6, '"\u0001\\'.repeat(30_000));
  const seen: number[] = [];
  let pages = 0;
  for (let before = Number.MAX_SAFE_INTEGER, more = true; more; pages += 1) {
    const response = await client.request('chat.history', { limit: 200, before });
    assert.ok(Buffer.byteLength(JSON.stringify(response)) <= 1024 * 1024);
    seen.unshift(...seqs(response.result));
    before = seen[0] as number;
    more = response.result.has_more;
  }
  assert.ok(pages > 1);
  assert.deepEqual(seen, range(1, 12));
});

test(`${req('P4-history')} history is of the current channel, or of the one named; an unknown one is not found`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { channel_id: id } = await client.call('channel.create');
  await say(client, 1, 'in default');
  assert.deepEqual((await client.call('chat.history', { channel: id })).messages, []);
  await client.call('channel.switch', { channel_id: id });
  assert.deepEqual((await client.call('chat.history')).messages, []);
  const { messages } = await client.call('chat.history', { channel: 'default' });
  assert.equal(messages[0].content, 'in default 0');
  assert.equal((await client.request('chat.history', { channel: 'ch-none' })).error.code, 4040);
});

test(`${req('P4-search', 'T-channel-isolation')} search finds in one channel, and not in another`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { channel_id: id } = await client.call('channel.create');
  await say(client, 1, 'hippopotamus');
  const { results } = await client.call('memory.search', { query: 'hippopotamus' });
  assert.deepEqual(results.map(({ channel, role }: Json) => `${channel} ${role}`).sort(), [
    'default assistant',
    'default user',
  ]);
  assert.deepEqual((await client.call('memory.search', { query: 'hippopotamus', channel: id })).results, []);
  const { error } = await client.request('memory.search', { query: 'x', channel: 'ch-none' });
  assert.equal(error.code, 4040);
});
