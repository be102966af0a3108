/** Somebody sets the wall clock. Deadlines are made of time that passes, and only what people asked for "at nine" follows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { ENDLESS } from '../helpers/engine.js';
import { ask } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const STEPS = [
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
] as const;

const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';
const handshake = (token: string) => ({
  jsonrpc: '2.0',
  method: 'auth.handshake',
  params: { client_id: 'test', client_version: '1', token },
  id: 1,
});

/** Its next ping, answered. */
const pinged = async (client: Client): Promise<Json> => {
  const { params } = await client.next(isPing, 'a ping');
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
  await client.settle();
  return params;
};

for (const [direction, stepMs] of STEPS) {
  test(`the wall clock set ${direction} by an hour moves no deadline`, async (t) => {
    const clock = new SettableClock();
    const limits = `burst_size = 5\nmessages_per_second = 0.05\ncooldown_seconds = 60\n`;
    const under = await startTestGateway(t, {
      clock,
      config:
        '[gateway]\nauth_timeout = 60\nheartbeat_interval = 10\nheartbeat_timeout = 1000\n' +
        `heartbeat_max_missed = 100\n[gateway.rate_limit]\n${limits}[reasoning.embedded]\nchunk_delay_ms = 20\n`,
    });
    const stranger = await under.connect();
    const inside = await under.login();
    // A reply that nobody follows has 120 s.
    const leaving = await under.login();
    const { message_id } = await leaving.call('chat.send', { message: ENDLESS });
    await leaving.frame(({ method }) => method === 'chat.stream');
    await inside.call('channel.unsubscribe', { channel_id: 'default' });
    await leaving.close();
    // Whoever went over the limit has 60 s to wait, whoever guessed tokens as well.
    const eager = await under.login();
    await eager.call('channel.unsubscribe', { channel_id: 'default' });
    for (let message = 0; message < 5; message += 1) await eager.request('system.ping');
    const cooling = async (): Promise<number> =>
      (await eager.request('system.ping')).error?.data.retry_after_ms ?? 0;
    const guessing = async (): Promise<number> => {
      const { error } = await ask(await under.connect(), handshake('oc_user_wrong'));
      assert.equal(error.code, 4011);
      return error.data?.retry_after_ms ?? 0;
    };
    for (let failure = 0; failure < 10; failure += 1) assert.equal(await guessing(), 0);
    const before = [await cooling(), await guessing()];

    clock.stepWall(stepMs);
    // By the time of the ping the gateway has looked at all its deadlines.
    clock.pass(11 * SECOND_MS);
    await pinged(inside);
    const ask4010 = await ask(stranger, { jsonrpc: '2.0', method: 'system.ping', id: 2 });
    assert.equal(ask4010.error.code, 4010, 'a stranger still has its time');
    for (const [at, afterMs] of [await cooling(), await guessing()].entries()) {
      const passedMs = (before[at] ?? 0) - afterMs;
      assert.ok(passedMs >= 11 * SECOND_MS && passedMs < 30 * SECOND_MS, `${passedMs} ms of a minute`);
    }
    const state = async (): Promise<string> => {
      const follower = await under.login();
      const resumed = await follower.call('chat.resume', { message_id });
      await follower.close();
      return resumed.state;
    };
    assert.equal(await state(), 'streaming');

    clock.pass(60 * SECOND_MS);
    assert.deepEqual(await stranger.closed, { code: 4001, reason: 'Authentication timeout' });
    assert.deepEqual((await eager.request('heartbeat.pong', { seq: 1 })).result, {});
    assert.equal(await cooling(), 0);
    assert.equal(await guessing(), 0);
  });
}

test('a notification follows the wall clock: set forward it comes, set back it does not come again', async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: '[gateway]\nheartbeat_interval = 1000000\n[gateway.rate_limit]\nenabled = false\n',
  });
  const client = await under.login();
  const notify = async (when: object): Promise<string> =>
    (await client.call('system.notify', { type: 'reminder', msg: 'Meeting', ...when })).notification_id;
  const at = await notify({ at: new Date(clock.wallMs() + HOUR_MS / 2).toISOString() });
  const inHalfAnHour = await notify({ in_seconds: 1800 });
  const inTwoHours = await notify({ in_seconds: 7200 });
  const everyMinute = await notify({ cron: '* * * * *' });
  const listed = async (of: Client): Promise<Json[]> =>
    (await of.call('system.notifications')).notifications.map(({ notification_id, state }: Json) => [
      notification_id,
      state,
    ]);

  clock.stepWall(HOUR_MS);
  // The wall clock is looked at twice a minute.
  clock.pass(30 * SECOND_MS);
  const { notifications } = await pinged(client);
  const ids: string[] = notifications.map(({ id }: Json) => id.split(':')[0]);
  assert.deepEqual(ids.sort(), [at, inHalfAnHour, everyMinute].sort());
  assert.deepEqual(
    (await listed(client)).sort(),
    [
      [inTwoHours, 'scheduled'],
      [everyMinute, 'scheduled'],
    ].sort(),
  );

  clock.stepWall(-HOUR_MS);
  clock.pass(31 * SECOND_MS);
  const fresh = await notify({});
  const next = await pinged(client);
  assert.deepEqual(
    next.notifications.map(({ id }: Json) => id),
    [fresh],
  );
  const again = await (await under.restart()).login();
  assert.deepEqual(
    (await listed(again)).map(([id]) => id).sort(),
    [inTwoHours, everyMinute].sort(),
    'settled for good',
  );
});
