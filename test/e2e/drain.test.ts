import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { SilentSocket, UPGRADE_HEADERS } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

const SHUTDOWN = { code: 1001, reason: 'Server shutdown' };
const chunk = (messageId: string) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId;

test(`${req('P5-goaway', 'P5-drain', 'P2-shutting-down')} a draining gateway says so, takes nothing new, lets the reply end and closes`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const [writer, idle] = await Promise.all([under.login(), under.login()]);
  const stranger = await under.connect();
  await idle.call('channel.unsubscribe', { channel_id: 'default' });
  const message = 'word '.repeat(80);
  const { message_id } = await writer.call('chat.send', { message });
  await writer.frame(chunk(message_id));
  const closed = under.gateway.close();
  const goaway = await writer.frame(({ method }) => method === 'system.goaway', 'system.goaway');
  assert.deepEqual(goaway.params, { reason: 'Server shutdown', grace_seconds: 20 });
  const { error } = await writer.request('chat.send', { message: 'too late' });
  assert.deepEqual([error.code, error.message], [5030, 'Shutting down']);
  assert.deepEqual(await stranger.closed, SHUTDOWN);
  assert.deepEqual(await idle.closed, SHUTDOWN);
  assert.equal(writer.notifications('chat.complete').length, 0, 'the idle one did not have to wait');
  assert.deepEqual(await writer.closed, SHUTDOWN);
  const [complete] = writer.notifications('chat.complete');
  assert.equal(complete.finish_reason, 'stop');
  assert.equal(writer.streamed(message_id), embeddedReply(message));
  assert.equal(idle.notifications('system.goaway').length, 1);
  await closed;
});

test(`${req('P5-drain')} who connected before a drain and asks for a WebSocket in it gets 503`, async (t) => {
  const under = await startTestGateway(t, { config: engine(20) });
  const client = await under.login();
  const silent = await SilentSocket.open(t, under.port);
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(chunk(message_id));
  const closed = under.gateway.close();
  await client.frame(({ method }) => method === 'system.goaway', 'system.goaway');
  const host = ['Host', `127.0.0.1:${under.port}`] as const;
  const answer = await silent.ask({ headers: [host, ...UPGRADE_HEADERS] });
  assert.deepEqual([answer.status, answer.body], [503, 'The gateway is shutting down.\n']);
  assert.match(answer.headers.get('retry-after') ?? 'none', /^[1-9]\d*$/);
  void under.gateway.close();
  await closed;
});

test(`${req('P5-drain-cut', 'P5-goaway')} after drain_seconds what runs is cut as interrupted, its text kept, and all is closed`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10, { drain_seconds: 1 }) });
  const client = await under.login();
  const running = await client.call('chat.send', { message: ENDLESS });
  const queued = await client.call('chat.send', { message: 'queued' });
  await client.frame(chunk(running.message_id));
  await under.gateway.close();
  assert.deepEqual(await client.closed, SHUTDOWN);
  assert.equal(client.notifications('system.goaway')[0].grace_seconds, 1);
  assert.deepEqual(
    client
      .notifications('chat.complete')
      .map(({ message_id, finish_reason }) => [message_id, finish_reason])
      .sort(),
    [
      [running.message_id, 'interrupted'],
      [queued.message_id, 'interrupted'],
    ].sort(),
  );
  const said = client.streamed(running.message_id);
  const again = await (await under.restart()).login();
  const { messages } = await again.call('chat.history');
  assert.deepEqual(
    messages.map(({ content, finish_reason }: Json) => [content, finish_reason]),
    [
      [ENDLESS, undefined],
      [said, 'interrupted'],
      ['queued', undefined],
      ['', 'interrupted'],
    ],
  );
});

test(`${req('P5-drain')} a reply nobody follows is finished and stored before the end`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: 'word '.repeat(50) });
  await client.frame(chunk(message_id));
  client.terminate();
  await client.closed;
  await under.gateway.close();
  const again = await (await under.restart()).login();
  const { messages } = await again.call('chat.history');
  assert.equal(messages[1].finish_reason, 'stop');
  assert.equal(messages[1].content, embeddedReply('word '.repeat(50)));
});

test(`${req('P5-drain')} nobody gets in while it drains`, async (t) => {
  const under = await startTestGateway(t, { config: engine(10) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(chunk(message_id));
  void under.gateway.close();
  await client.frame(({ method }) => method === 'system.goaway');
  await assert.rejects(under.connect());
});
