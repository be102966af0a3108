/** SIGTERM and SIGINT at a real process: the order of the end, what is kept, and the port that is free again. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { type KillableGateway, startGatewayProcess } from '../helpers/gateway-process.js';
import { freePort, until } from '../helpers/system.js';
import { req } from './requirements.js';

const SHUTDOWN = { code: 1001, reason: 'Server shutdown' };
const DRAIN_MS = 20_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const isGoaway = ({ method }: Json): boolean => method === 'system.goaway';
const chunk = (messageId: string) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId;

/** Starts gateways one after another in one home and on one port. */
const onePlace = async (t: TestContext, config: string) => {
  const homeDir = temporaryFolder(t);
  const port = await freePort();
  return {
    homeDir,
    start: (): Promise<KillableGateway> =>
      startGatewayProcess(t, { homeDir, config, args: ['--port', `${port}`] }),
  };
};

/** Every entry of a channel's history, oldest first. */
const historyOf = async (client: Client, channel: string): Promise<Json[]> => {
  let entries: Json[] = [];
  for (let before: number | undefined; ; before = entries[0].seq) {
    const page = await client.call('chat.history', {
      channel,
      limit: 200,
      ...(before === undefined ? {} : { before }),
    });
    entries = [...page.messages, ...entries];
    if (!page.has_more) return entries;
  }
};

for (const signal of SIGNALS) {
  test(`${req('P5-goaway', 'P5-drain', 'P9-shutdown')} ${signal}: nobody finds it or gets in, everyone is told, the reply ends, 1001, status 0, and the port is free`, async (t) => {
    const { homeDir, start } = await onePlace(t, engine(10));
    const first = await start();
    const [writer, idle] = await Promise.all([first.login(), first.login()]);
    await idle.call('channel.unsubscribe', { channel_id: 'default' });
    const message = 'word '.repeat(100);
    const { message_id } = await writer.call('chat.send', { message });
    await writer.frame(chunk(message_id));
    first.process.child.kill(signal);
    await Promise.all([writer.frame(isGoaway), idle.frame(isGoaway)]);
    assert.deepEqual(writer.notifications('system.goaway'), [
      { reason: 'Server shutdown', grace_seconds: DRAIN_MS / 1000 },
    ]);
    // By the time that anybody is told it does not listen any more, and commands do not find it.
    assert.equal(existsSync(join(homeDir, 'gateway.json')), false);
    await assert.rejects(first.login());
    assert.deepEqual(await idle.closed, SHUTDOWN);
    assert.equal(writer.notifications('chat.complete').length, 0, 'the reply is still running');
    assert.deepEqual(await writer.closed, SHUTDOWN);
    assert.equal(writer.notifications('chat.complete')[0].finish_reason, 'stop');
    assert.equal(writer.streamed(message_id), embeddedReply(message));
    assert.equal(await first.process.exited, 0);

    const second = await start();
    assert.equal(second.port, first.port);
    const [sent, reply] = await historyOf(await second.login(), 'default');
    assert.deepEqual([sent.message_id, sent.content], [message_id, message]);
    assert.deepEqual([reply.content, reply.finish_reason], [embeddedReply(message), 'stop']);
  });

  test(`${req('P9-shutdown')} a second ${signal} ends it at once, and every message that was acknowledged is there`, async (t) => {
    const { start } = await onePlace(t, engine(10));
    const first = await start();
    const client = await first.login();
    const running = await client.call('chat.send', { message: ENDLESS });
    await client.frame(chunk(running.message_id));
    // Messages go on being sent and acknowledged up to the end, in as many channels as it takes.
    const acknowledged = new Map<string, string>([[running.message_id, 'default']]);
    const send = async (): Promise<void> => {
      for (;;) {
        const { channel_id } = await client.call('channel.create');
        for (let at = 0; at < 20; at += 1) {
          const { message_id, channel } = await client.call('chat.send', {
            channel: channel_id,
            message: `sent ${acknowledged.size}`,
          });
          acknowledged.set(message_id, channel);
        }
      }
    };
    const senders = Array.from({ length: 8 }, send);
    for (const sender of senders) sender.catch(() => {});
    await until(() => acknowledged.size > 200, 'many messages');
    const { child } = first.process;
    child.kill(signal);
    await client.frame(isGoaway);
    const secondAtMs = performance.now();
    child.kill(signal);
    assert.equal(await first.process.exited, 0);
    const tookMs = performance.now() - secondAtMs;
    assert.ok(tookMs < DRAIN_MS / 2, `${tookMs} ms`);
    assert.deepEqual(await client.closed, SHUTDOWN);
    await Promise.allSettled(senders);

    const again = await (await start()).login();
    const found = new Map<string, Json>();
    for (const channel of new Set(acknowledged.values())) {
      const entries = await historyOf(again, channel);
      for (const entry of entries) found.set(`${entry.role} ${entry.message_id}`, entry);
    }
    const missing = [...acknowledged.keys()].filter((id) => !found.has(`user ${id}`));
    assert.deepEqual(missing, []);
    for (const id of acknowledged.keys()) {
      const { finish_reason } = found.get(`assistant ${id}`);
      assert.ok(['stop', 'interrupted'].includes(finish_reason), `${id}: ${finish_reason}`);
    }
    const cut = found.get(`assistant ${running.message_id}`);
    assert.equal(cut.finish_reason, 'interrupted');
    const said = client.streamed(running.message_id);
    assert.ok(said.length > 0 && embeddedReply(ENDLESS).startsWith(said));
    assert.equal(cut.content, said, 'what was said is what is kept');
    assert.deepEqual(again.handshake.streams, []);
  });
}

test(`${req('P5-drain-cut', 'P9-shutdown')} one signal: after drain_seconds the reply is cut, its text kept, status 0`, async (t) => {
  const { start } = await onePlace(t, engine(10, { drain_seconds: 1 }));
  const first = await start();
  const client = await first.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(chunk(message_id));
  first.process.child.kill('SIGTERM');
  assert.deepEqual(await client.closed, SHUTDOWN);
  assert.equal(client.notifications('chat.complete')[0].finish_reason, 'interrupted');
  assert.equal(await first.process.exited, 0);
  const [, reply] = await historyOf(await (await start()).login(), 'default');
  assert.deepEqual([reply.content, reply.finish_reason], [client.streamed(message_id), 'interrupted']);
});
