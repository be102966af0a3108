/** A close code is behind everything that was sent before it: it must reach a client that reads on, however full its buffers are. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/system.js';

const MIB = 1024 * 1024;
/** More than the kernel takes for a connection that nobody reads. */
const FLOOD = `${'x'.repeat(1023)} `.repeat(8 * 1024);

interface Stuck {
  readonly under: GatewayUnderTest;
  /** Answers its pings. */
  readonly observer: Client;
  /** Has stopped reading, and the gateway has bytes for it that the kernel does not take. */
  readonly reader: Client;
  readonly messageId: string;
}

const getStuck = async (t: TestContext, config: string, clock = new SettableClock()): Promise<Stuck> => {
  const under = await startTestGateway(t, { config, clock });
  const [observer, reader] = await Promise.all([under.login(), under.login()]);
  observer.socket.on('message', (data) => {
    const { method, params } = JSON.parse(data.toString());
    if (method === 'heartbeat.ping') {
      observer.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
    }
  });
  reader.socket.pause();
  const { message_id } = await observer.call('chat.send', { message: FLOOD });
  await observer.complete(message_id);
  return { under, observer, reader, messageId: message_id };
};

const isClosed = async (observer: Client): Promise<void> =>
  until(
    async () => (await observer.call('system.status')).active_connections === 1,
    'the close of the reader',
  );

/** All that waited has come before the close, and nothing wrong. */
const assertReadUpToTheClose = ({ reader, messageId }: Stuck): void => {
  assert.equal(reader.notifications('chat.message')[0]?.message, FLOOD);
  assert.ok(embeddedReply(FLOOD).startsWith(reader.streamed(messageId)));
};

const BASE = { max_message_bytes: 16 * MIB };

test('4002 reaches a client that did not read while it was asked whether it was there', async (t) => {
  const clock = new SettableClock();
  const heartbeat = { heartbeat_interval: 30, heartbeat_max_missed: 1, max_backlog_seconds: 3600 };
  const stuck = await getStuck(t, engine(0, { ...BASE, ...heartbeat }), clock);
  const { observer } = stuck;
  await until(async () => {
    clock.pass(30_000);
    await clock.read();
    // Behind the first answer it has been asked, behind the second its pong has arrived.
    await observer.settle();
    await observer.settle();
    return (await observer.call('system.status')).active_connections === 1;
  }, 'the close of the reader');
  stuck.reader.socket.resume();
  assert.deepEqual(await stuck.reader.closed, { code: 4002, reason: 'Heartbeat timeout' });
  assertReadUpToTheClose(stuck);
});

test('4003 reaches a client that went on asking and did not read the refusals', async (t) => {
  const limits = 'burst_size = 50\nmessages_per_second = 0.01\n';
  const config = `[gateway]\nmax_message_bytes = ${16 * MIB}\n[gateway.rate_limit]\n${limits}[reasoning.embedded]\nchunk_delay_ms = 0\n`;
  const stuck = await getStuck(t, config);
  for (let id = 0; id < 200; id += 1) stuck.reader.send({ jsonrpc: '2.0', method: 'system.ping', id });
  stuck.reader.socket.resume();
  assert.deepEqual(await stuck.reader.closed, { code: 4003, reason: 'Rate limit exceeded' });
  const refused = stuck.reader.frames.filter((frame: Json) => frame.error?.code === 4003);
  assert.equal(refused.length, 51);
});

test('1013 reaches a client whose backlog did not move', async (t) => {
  const stuck = await getStuck(t, engine(0, { ...BASE, max_backlog_seconds: 1 }));
  await isClosed(stuck.observer);
  stuck.reader.socket.resume();
  assert.deepEqual(await stuck.reader.closed, { code: 1013, reason: 'Try again later' });
  assertReadUpToTheClose(stuck);
});

test('1001 reaches a client that reads on while the gateway waits for it', async (t) => {
  const stuck = await getStuck(t, engine(0, BASE));
  const gone = stuck.under.gateway.close();
  assert.deepEqual(await stuck.observer.closed, { code: 1001, reason: 'Server shutdown' });
  stuck.reader.socket.resume();
  assert.deepEqual(await stuck.reader.closed, { code: 1001, reason: 'Server shutdown' });
  assert.equal(stuck.reader.streamed(stuck.messageId), embeddedReply(FLOOD));
  await gone;
});

test('1001 reaches a client that still has to read when drain_seconds are over', async (t) => {
  const stuck = await getStuck(t, engine(0, { ...BASE, drain_seconds: 0 }));
  const gone = stuck.under.gateway.close();
  assert.deepEqual(await stuck.observer.closed, { code: 1001, reason: 'Server shutdown' });
  stuck.reader.socket.resume();
  assert.deepEqual(await stuck.reader.closed, { code: 1001, reason: 'Server shutdown' });
  assertReadUpToTheClose(stuck);
  await gone;
});
