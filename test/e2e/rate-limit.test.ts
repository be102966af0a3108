import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSES } from '../../schemas/codes.js';
import type { Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

/** A bucket that does not fill while a test runs. */
const limits = (keys: Readonly<Record<string, number>>, gateway = ''): string =>
  `[gateway]\n${gateway}\n[gateway.rate_limit]\nmessages_per_second = 0.01\n` +
  Object.entries(keys)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');

const ping = (id?: number) => ({
  jsonrpc: '2.0',
  method: 'system.ping',
  ...(id === undefined ? {} : { id }),
});
const codes = (answers: readonly Json[]): (number | 'passed')[] =>
  answers.map(({ error }) => error?.code ?? 'passed');

test(`${req('T-rate-limit', 'P6-bucket', 'P2-rate-limited')} of fifty messages at once a burst passes, the next are refused, and going on closes`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.login();
  for (let id = 1; id <= 50; id += 1) client.send({ ...ping(), id: `msg-${id}` });
  const { code, reason } = await client.closed;
  assert.deepEqual({ code, reason }, { code: 4003, reason: 'Rate limit exceeded' });
  const answers = client.frames.filter(({ id }) => String(id).startsWith('msg-'));
  const passed = answers.filter(({ result }) => result !== undefined).length;
  // The defaults of the text: 20 at once, and ten more for each second that the burst takes to arrive.
  assert.ok(passed >= 20 && passed < 50, `${passed} passed`);
  const { jsonrpc, error, id } = answers[passed];
  assert.deepEqual(
    [jsonrpc, error.code, error.message, id],
    ['2.0', 4003, 'Rate limit exceeded', `msg-${passed + 1}`],
  );
  assert.equal(error.data.limit, 'messages_per_second');
  assert.ok(error.data.retry_after_ms > 59_000 && error.data.retry_after_ms <= 60_000);
  assert.deepEqual(codes(answers.slice(passed)), new Array(answers.length - passed).fill(4003));
  assert.equal(answers.length - passed, 21, 'the message that is one refusal too many is answered, too');
});

test(`${req('P6-window')} the minute has its own limit, named in the refusal`, async (t) => {
  const under = await startTestGateway(t, {
    config: limits({ messages_per_minute: 5, burst_size: 100 }),
  });
  const client = await under.login();
  const answers: Json[] = [];
  for (let at = 0; at < 7; at += 1) answers.push(await client.request('system.ping'));
  assert.deepEqual(codes(answers), ['passed', 'passed', 'passed', 'passed', 'passed', 4003, 4003]);
  assert.equal(answers[5].error.data.limit, 'messages_per_minute');
});

test(`${req('P6-cooldown')} a cooldown counts down, refuses everything, and ends`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: '[gateway.rate_limit]\nmessages_per_second = 1000\nburst_size = 3\n',
  });
  const client = await under.login();
  client.send([ping(1), ping(2), ping(3), ping(4)]);
  const burst: Json[] = await client.next((frame) => Array.isArray(frame), 'the array');
  assert.deepEqual(codes(burst), ['passed', 'passed', 'passed', 4003]);
  const first = burst[3].error.data.retry_after_ms;
  assert.ok(first > 59_000 && first <= 60_000);
  // The bucket has filled long since, but the cooldown is not over.
  clock.pass(first - 10_000);
  const second = await client.request('system.ping');
  assert.equal(second.error.code, 4003);
  assert.ok(second.error.data.retry_after_ms <= 10_000);
  clock.pass(second.error.data.retry_after_ms);
  assert.deepEqual((await client.request('system.ping')).result, { pong: true });
});

test(`${req('P6-bucket')} the bucket fills at messages_per_second, up to burst_size`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: limits({ burst_size: 5, cooldown_seconds: 0 }) });
  const client = await under.login();
  const passing = async (): Promise<number> => {
    client.send(Array.from({ length: 10 }, (_, id) => ping(id)));
    const answers: Json[] = await client.next((frame) => Array.isArray(frame), 'the array');
    return codes(answers).filter((code) => code === 'passed').length;
  };
  assert.equal(await passing(), 5);
  // 0.01 a second.
  clock.pass(300_000);
  assert.equal(await passing(), 3);
  clock.pass(10_000_000);
  assert.equal(await passing(), 5);
});

test(`${req('P6-window')} what went through leaves the window a minute later, not at the turn of one`, async (t) => {
  const clock = new SettableClock();
  const config = '[gateway.rate_limit]\nmessages_per_minute = 4\ncooldown_seconds = 0\n';
  const under = await startTestGateway(t, { clock, config });
  const client = await under.login();
  const twice = async (): Promise<(number | 'passed')[]> =>
    codes([await client.request('system.ping'), await client.request('system.ping')]);
  assert.deepEqual(await twice(), ['passed', 'passed']);
  clock.pass(40_000);
  assert.deepEqual(await twice(), ['passed', 'passed']);
  clock.pass(18_000);
  assert.deepEqual(await twice(), [4003, 4003]);
  clock.pass(4000);
  assert.deepEqual([...(await twice()), ...(await twice())], ['passed', 'passed', 4003, 4003]);
});

test(`${req('P6-disabled')} enabled = false limits nothing`, async (t) => {
  const under = await startTestGateway(t, {
    config: limits({ burst_size: 1, messages_per_minute: 1 }).replace(
      '[gateway.rate_limit]\n',
      '[gateway.rate_limit]\nenabled = false\n',
    ),
  });
  const client = await under.login();
  const { messages_per_second, burst_size } = client.handshake.limits;
  assert.deepEqual([messages_per_second, burst_size], [1e9, 1e9], 'clients are told so');
  const answers = await Promise.all(Array.from({ length: 300 }, () => client.request('system.ping')));
  assert.deepEqual(new Set(codes(answers)), new Set(['passed']));
});

test(`${req('P2-batch-rate')} each member of a batch counts, and those beyond the limit are refused in their places`, async (t) => {
  const client = await (await startTestGateway(t, { config: limits({ burst_size: 3 }) })).login();
  client.send([ping(1), ping(2), { jsonrpc: '2.0', method: 1, id: 3 }, ping(4), ping()]);
  const answers: Json[] = await client.next((frame) => Array.isArray(frame), 'the array');
  assert.deepEqual(codes(answers), ['passed', 'passed', -32600, 4003]);
});

test(`${req('P6-notifications', 'P6-close')} refused notifications count towards the close and are not answered`, async (t) => {
  const client = await (await startTestGateway(t, { config: limits({ burst_size: 3 }) })).login();
  for (let at = 0; at < 3; at += 1) await client.call('system.ping');
  for (let at = 0; at < 3; at += 1) client.send(ping());
  const frames = client.frames.length;
  client.send(ping(1));
  assert.equal((await client.closed).code, CLOSES.rateLimited.code);
  assert.deepEqual(codes(client.frames.slice(frames)), [4003]);
});

test(`${req('P6-pong')} answers to heartbeats are never counted`, async (t) => {
  const client = await (await startTestGateway(t, { config: limits({ burst_size: 2 }) })).login();
  for (let seq = 1; seq <= 50; seq += 1)
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq } });
  assert.deepEqual(await client.call('heartbeat.pong', { seq: 1 }), {});
  assert.deepEqual(codes([await client.request('system.ping'), await client.request('system.ping')]), [
    'passed',
    'passed',
  ]);
  assert.equal((await client.request('system.ping')).error.code, 4003);
});

test(`${req('P6-resume')} a handshake is not counted, one that resumes is one message`, async (t) => {
  const under = await startTestGateway(t, { config: limits({ burst_size: 1 }) });
  const first = await under.login();
  assert.deepEqual(await first.call('system.ping'), { pong: true });
  await first.close();
  const second = await under.login({ resume: { session_id: first.handshake.session_id } });
  assert.equal(second.handshake.resumed, true);
  assert.equal((await second.request('system.ping')).error.code, 4003);
});

test(`${req('P2-rate-limited')} status counts what was refused, and refused messages are messages`, async (t) => {
  const under = await startTestGateway(t, { config: limits({ burst_size: 2 }) });
  const eager = await under.login();
  for (let at = 0; at < 4; at += 1) await eager.request('system.ping');
  const status = await (await under.login()).call('system.status');
  assert.equal(status.rate_limit_hits, 2);
  // Two handshakes, four pings, this question.
  assert.equal(status.total_messages, 7);
});
