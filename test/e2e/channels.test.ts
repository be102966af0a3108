import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const say = async (client: Client, message: string, channel?: string): Promise<void> => {
  const sent = await client.call('chat.send', { message, ...(channel === undefined ? {} : { channel }) });
  await client.complete(sent.message_id);
};

const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });

test(`${req('T-exercise-2', 'T-channel-isolation', 'T-channel-create', 'T-channel-switch')} coding, writing and research stay apart while switching`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const topics = new Map<string, string>();
  for (const name of ['coding', 'writing', 'research']) {
    const created = await client.call('channel.create', { name });
    assert.equal(created.name, name);
    topics.set(name, created.channel_id);
  }
  for (const [name, id] of topics) {
    await client.call('channel.switch', { channel_id: id });
    await say(client, `Something about ${name}, say sesquipedalian`);
  }
  for (const [name, id] of topics) {
    const { name: switchedTo } = await client.call('channel.switch', { channel_id: id });
    assert.equal(switchedTo, name);
    // The engine quotes what memory recalls of the channel.
    const { message_id } = await client.call('chat.send', { message: 'What was said of sesquipedalian?' });
    await client.complete(message_id);
    const reply = client.streamed(message_id);
    for (const other of topics.keys()) assert.equal(reply.includes(`about ${other},`), other === name);
    const { messages } = await client.call('chat.history');
    assert.equal(messages.length, 4);
    assert.equal(messages[0].content, `Something about ${name}, say sesquipedalian`);
  }
});

test(`${req('T-channel-create', 'T-channel-namespace', 'P4-create', 'P4-name')} ids are unique, names are optional and need not be`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const metadata = { project: 'project-x', purpose: 'code-review' };
  const params = { name: 'code-review-project-x', metadata };
  const channel = await client.call('channel.create', params);
  assert.deepEqual(Object.keys(channel), ['channel_id', 'name', 'metadata', 'created_at']);
  assert.match(channel.channel_id, /^[A-Za-z0-9._:-]{1,64}$/);
  assert.deepEqual({ name: channel.name, metadata: channel.metadata }, params);
  assert.match(channel.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const twin = await client.call('channel.create', params);
  const nameless = await client.call('channel.create');
  assert.equal(new Set([channel, twin, nameless].map(({ channel_id }) => channel_id)).size, 3);
  assert.deepEqual(nameless.metadata, {});
  await client.call('channel.create', { name: 'n'.repeat(128) });
  for (const name of ['n'.repeat(129), 'half \ud83d', 7]) {
    assert.equal((await client.request('channel.create', { name })).error.code, -32602);
  }
});

test(`${req('T-channel-switch', 'P4-switch')} a switch tells where from and where to`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { channel_id: id } = await client.call('channel.create', { name: 'coding' });
  assert.deepEqual(await client.call('channel.switch', { channel_id: id }), {
    channel_id: id,
    name: 'coding',
    previous: 'default',
    streams: [],
  });
  assert.equal((await client.call('channel.switch', { channel_id: 'default' })).previous, id);
  assert.equal((await client.request('channel.switch', { channel_id: 'ch-none' })).error.code, 4040);
});

test(`${req('T-channel-list', 'P4-list', 'P5-default')} the list tells count, last activity, subscription and the current channel`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [client, other] = await Promise.all([under.login(), under.login()]);
  const created = await client.call('channel.create', { name: 'coding', metadata: { deep: [1, null] } });
  await say(client, 'hello', created.channel_id);
  await client.call('channel.switch', { channel_id: created.channel_id });
  const { channels, current } = await client.call('channel.list', {});
  assert.equal(current, created.channel_id);
  const [home, coding] = channels as Json[];
  assert.deepEqual([home.channel_id, home.message_count, home.subscribed], ['default', 0, true]);
  const { message_count, last_activity_at, subscribed, ...rest } = coding;
  assert.deepEqual(rest, created);
  assert.deepEqual([message_count, subscribed], [2, true]);
  assert.ok(Date.parse(last_activity_at) >= Date.parse(created.created_at));
  const elsewhere = await other.call('channel.list', {});
  assert.equal(elsewhere.current, 'default');
  assert.deepEqual(
    elsewhere.channels.map((channel: Json) => channel.subscribed),
    [true, false],
  );
  assert.deepEqual((await under.login()).handshake.channels, ['default', created.channel_id]);
});

test(`${req('P4-update')} an update changes what it names and leaves the rest`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const created = await client.call('channel.create', { name: 'old', metadata: { a: 1 } });
  const { channel_id } = created;
  assert.deepEqual(await client.call('channel.update', { channel_id, name: 'new' }), {
    ...created,
    name: 'new',
  });
  const changed = { ...created, name: 'new', metadata: { b: 2 } };
  assert.deepEqual(await client.call('channel.update', { channel_id, metadata: { b: 2 } }), changed);
  assert.deepEqual(await client.call('channel.update', { channel_id }), changed);
  assert.equal((await client.call('channel.switch', { channel_id })).name, 'new');
  const { error } = await client.request('channel.update', { channel_id: 'ch-none', name: 'x' });
  assert.equal(error.code, 4040);
});

test(`${req('P4-metadata')} metadata may be 16 KiB and 16 deep, and no more`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const sized = (bytes: number) => ({ text: 'x'.repeat(bytes - JSON.stringify({ text: '' }).length) });
  const { channel_id } = await client.call('channel.create', { metadata: sized(16 * 1024) });
  await client.call('channel.update', { channel_id, metadata: nested(16) });
  for (const metadata of [sized(16 * 1024 + 1), { text: 'é'.repeat(8 * 1024) }, nested(17), [], 'x', null]) {
    for (const [method, params] of [
      ['channel.create', { metadata }],
      ['channel.update', { channel_id, metadata }],
      ['chat.send', { message: 'x', metadata }],
    ] as const) {
      const { error } = await client.request(method, params);
      assert.equal(error.code, -32602);
      assert.equal(error.data.errors[0].path, '/metadata');
    }
  }
});

test(`${req('P4-create-limit')} a principal has 1 000 channels at most, and may delete one for another`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const created: Json[] = [];
  while (created.length < 999) {
    const batch = Array.from({ length: Math.min(111, 999 - created.length) }, () =>
      client.call('channel.create'),
    );
    created.push(...(await Promise.all(batch)));
  }
  assert.ok((await client.request('channel.create')).error.data.reason.includes('1000'));
  await client.call('channel.delete', { channel_id: created[0].channel_id });
  await client.call('channel.create');
  assert.equal((await client.call('channel.list')).channels.length, 1000);
});

test(`${req('P4-delete')} deleting cancels what streams there, erases it, and moves sessions to default`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const [client, other] = await Promise.all([under.login(), under.login()]);
  const { channel_id } = await client.call('channel.create');
  await client.call('channel.switch', { channel_id });
  await other.call('channel.switch', { channel_id });
  const running = await client.call('chat.send', { message: ENDLESS });
  const queued = await client.call('chat.send', { message: 'queued' });
  await other.frame(({ method }) => method === 'chat.stream');
  assert.deepEqual(await client.call('channel.delete', { channel_id }), { deleted: true });
  for (const { message_id } of [running, queued]) {
    assert.equal((await client.complete(message_id)).finish_reason, 'cancelled');
    assert.equal((await other.complete(message_id)).finish_reason, 'cancelled');
    assert.equal((await client.request('chat.resume', { message_id })).error.code, 4041);
  }
  for (const session of [client, other]) {
    const { channels, current } = await session.call('channel.list');
    assert.equal(current, 'default');
    assert.deepEqual(
      channels.map((channel: Json) => channel.channel_id),
      ['default'],
    );
    const { error } = await session.request('chat.send', { message: 'x', channel: channel_id });
    assert.equal(error.code, 4040);
  }
  assert.equal((await client.call('chat.send', { message: 'on' })).channel, 'default');
  assert.equal((await client.request('channel.delete', { channel_id })).error.code, 4040);
});

test(`${req('P4-delete-default')} default cannot be deleted`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  const { error } = await client.request('channel.delete', { channel_id: 'default' });
  assert.equal(error.code, 4012);
  assert.deepEqual((await client.call('channel.list')).channels.length, 1);
});

test(`${req('P4-changed')} what one connection changes the principal’s others hear, it and strangers do not`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const [client, other] = await Promise.all([under.login(), under.login()]);
  const stranger = await under.login({ token: await addToken(under, { principal: 'grace' }) });
  const deaf = await under.login({ token: await addToken(under, { principal: 'local', scopes: ['chat'] }) });
  const created = await client.call('channel.create', { name: 'a' });
  const updated = await client.call('channel.update', { channel_id: created.channel_id, name: 'b' });
  await client.call('channel.delete', { channel_id: created.channel_id });
  await Promise.all([client, other, stranger, deaf].map((one) => one.settle()));
  const { channel_id } = created;
  assert.deepEqual(other.notifications('channel.changed'), [
    { channel_id, change: 'created', channel: created },
    { channel_id, change: 'updated', channel: updated },
    { channel_id, change: 'deleted' },
  ]);
  for (const one of [client, stranger, deaf]) assert.deepEqual(one.notifications('channel.changed'), []);
});

test(`${req('P4-foreign')} another principal’s channel is not found, like one that does not exist`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const owner = await under.login();
  const stranger = await under.login({ token: await addToken(under, { principal: 'grace' }) });
  const { channel_id } = await owner.call('channel.create');
  await say(owner, 'a secret', channel_id);
  assert.deepEqual(stranger.handshake.channels, ['default']);
  for (const [method, params] of [
    ['channel.switch', { channel_id }],
    ['channel.update', { channel_id, name: 'x' }],
    ['channel.delete', { channel_id }],
    ['channel.subscribe', { channel_id }],
    ['channel.unsubscribe', { channel_id }],
    ['chat.send', { channel: channel_id, message: 'x' }],
    ['chat.history', { channel: channel_id }],
    ['memory.search', { channel: channel_id, query: 'secret' }],
  ] as const) {
    const foreign = await stranger.request(method, params);
    const none = await stranger.request(
      method,
      Object.fromEntries(Object.entries(params).map(([k, v]) => [k, v === channel_id ? 'ch-none' : v])),
    );
    assert.equal(foreign.error?.code, 4040, method);
    assert.deepEqual(foreign.error, none.error);
  }
  // The same name, two channels: default is everybody's own.
  await say(owner, 'ours');
  assert.deepEqual((await stranger.call('chat.history')).messages, []);
});
