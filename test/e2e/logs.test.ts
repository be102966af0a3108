/** The log of a running gateway: what becomes of connections, replies and faults, and that no client floods it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawProvider, refuses } from '../../server/backends/reasoning/raw-provider.js';
import type { Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { modelConfig } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
import { until } from '../helpers/system.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const [INFO, WARN, DEBUG, TRACE] = [30, 40, 20, 10];

test('every line of a connection says whose it is, and how it ended', async (t) => {
  const recorded = recordLog('debug');
  const under = await startTestGateway(t, { config: engine(0), log: recorded.log });
  const client = await under.login({ client_id: 'web', traceparent: TRACEPARENT });
  const { session_id } = client.handshake;
  const who = { session_id, client_id: 'web', trace_id: TRACE_ID, address: '127.0.0.1' };
  const about = (msg: RegExp): Json[] => recorded.lines().filter((line) => msg.test(line.msg));
  const told = async (msg: RegExp): Promise<Json> => {
    await until(() => about(msg).length > 0, `a line ${msg}`);
    const [{ time, msg: _, ...rest }] = about(msg).slice(-1);
    assert.equal(typeof time, 'number');
    return rest;
  };
  assert.deepEqual(await told(/was opened/), { level: DEBUG, address: '127.0.0.1' });
  assert.deepEqual(await told(/has authenticated/), { level: DEBUG, ...who });
  client.socket.close(4321);
  assert.deepEqual(await told(/has ended/), { level: DEBUG, ...who, code: 4321 });

  const broken = await under.login({ client_id: 'web', traceparent: TRACEPARENT });
  broken.send('{');
  await broken.closed;
  assert.deepEqual(await told(/no JSON-RPC message/), {
    level: INFO,
    ...who,
    session_id: broken.handshake.session_id,
    code: 1002,
    reason: 'Invalid message format',
  });

  const stranger = await under.connect();
  await stranger.request('auth.handshake', {
    client_id: 'guest',
    client_version: '1',
    token: 'oc_user_none',
  });
  assert.deepEqual(await told(/no valid token/), {
    level: WARN,
    client_id: 'guest',
    address: '127.0.0.1',
  });
});

test('no client writes a line for each of its messages', async (t) => {
  const clock = new SettableClock();
  const recorded = recordLog('info');
  const under = await startTestGateway(t, {
    config: '[gateway.rate_limit]\nburst_size = 2\n',
    log: recorded.log,
    clock,
  });
  const before = recorded.lines().length;
  for (let round = 0; round < 30; round += 1) {
    // Wrong tokens, unknown methods, wrong params, refused messages, and what ends a connection.
    const guest = await under.connect();
    for (const token of ['a', 'b', 'c']) {
      await guest.request('auth.handshake', { client_id: 'x', client_version: '1', token });
    }
    await guest.closed;
    const client = await under.login();
    for (let at = 0; at < 10; at += 1) client.send({ jsonrpc: '2.0', method: 'no.such', params: {}, id: at });
    await client.closed;
    const other = await under.login();
    other.send('{');
    await other.closed;
  }
  const lines = recorded.lines().slice(before);
  const kinds = new Map<string, number>();
  for (const { msg } of lines) kinds.set(msg, (kinds.get(msg) ?? 0) + 1);
  assert.deepEqual([...kinds.values()].sort((a, b) => a - b).at(-1), 10, JSON.stringify([...kinds]));
  assert.ok(lines.length <= 40, `${lines.length} lines`);
  clock.pass(61_000);
  await until(() => recorded.lines().some(({ left_out }) => left_out === 20), 'what was left out');
});

test('a reply that fails is a line with everything to find it by', async (t) => {
  const recorded = recordLog('info');
  const provider = await rawProvider(t, refuses(400, {}, 'no'));
  const under = await startTestGateway(t, {
    config: modelConfig({ base_url: provider.baseUrl }),
    log: recorded.log,
  });
  const client = await under.login({ client_id: 'web' });
  const { message_id } = await client.call('chat.send', {
    message: 'Hello',
    metadata: { traceparent: TRACEPARENT },
  });
  assert.equal((await client.complete(message_id)).finish_reason, 'error');
  const [line] = recorded.lines().filter(({ msg }) => msg === 'a reply has failed');
  const { time: _, ...rest } = line;
  assert.deepEqual(rest, {
    level: WARN,
    session_id: client.handshake.session_id,
    client_id: 'web',
    trace_id: TRACE_ID,
    channel: 'default',
    message_id,
    provider: 'openai-compatible',
    msg: 'a reply has failed',
  });
});

test('at debug a reply is a line, at trace whatever asked a backend is one as well, and nothing anybody said', async (t) => {
  const recorded = recordLog('trace');
  const under = await startTestGateway(t, { config: engine(0), log: recorded.log });
  const client = await under.login({ client_id: 'web' });
  const { message_id } = await client.call('chat.send', {
    message: 'canary',
    metadata: { traceparent: TRACEPARENT },
  });
  await client.complete(message_id);
  await client.call('system.ping');
  await client.call('system.status');
  await client.call('chat.history');
  const who = { session_id: client.handshake.session_id, client_id: 'web' };
  const spans = recorded.lines().filter(({ level }) => level === 10);
  assert.deepEqual(spans.map(({ span }) => span).sort(), [
    'auth.handshake',
    'chat.history',
    'chat.reply',
    'chat.send',
    'memory.recall',
    'reasoning.call',
  ]);
  for (const { span, session_id, client_id, trace_id, failed, duration_ms } of spans) {
    assert.deepEqual([failed, duration_ms >= 0], [false, true]);
    if (span === 'auth.handshake') continue;
    assert.deepEqual({ session_id, client_id }, who);
    assert.equal(trace_id, span === 'chat.history' ? undefined : TRACE_ID);
  }
  const [ended] = recorded.lines().filter(({ msg }) => msg === 'a reply has ended');
  const { time: _, duration_ms, ...rest } = ended;
  assert.equal(typeof duration_ms, 'number');
  assert.deepEqual(rest, {
    level: DEBUG,
    ...who,
    trace_id: TRACE_ID,
    channel: 'default',
    message_id,
    finish_reason: 'stop',
    msg: 'a reply has ended',
  });
  assert.ok(!recorded.text().includes('canary'));
});

test('a process writes JSON on standard output from its start to its end; SIGUSR2 turns it up', async (t) => {
  const homeDir = temporaryFolder(t);
  const under = await startGatewayProcess(t, { homeDir, config: engine(0) });
  const lines = (): Json[] =>
    under.process.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const [started] = lines();
  assert.equal(started.url, under.url);
  assert.equal(started.pid, under.process.child.pid);
  assert.match(
    started.msg,
    /^OpenClaw gateway \S+ listens at ws:\S+, and answers health checks at http:\S+$/,
  );

  await under.login();
  assert.equal(lines().length, 1, 'connections are nothing for info');
  for (const [level, what] of [
    ['debug', 'until the next SIGUSR2 or reload'],
    ['trace', 'until the next SIGUSR2 or reload'],
    ['info', 'as configured'],
  ]) {
    under.process.child.kill('SIGUSR2');
    await under.process.said(new RegExp(`log\\.level is ${level},? ${what}`));
    const client = await under.login();
    if (level === 'info') continue;
    await under.process.said(new RegExp(client.handshake.session_id));
  }
  const before = lines().length;
  await under.login();
  assert.equal(lines().length, before);

  under.process.child.kill('SIGTERM');
  assert.equal(await under.process.exited, 0);
  assert.deepEqual(
    lines()
      .slice(-2)
      .map(({ msg }) => msg),
    ['stopping: nobody comes in any more, and running replies may end', 'stopped'],
  );
  assert.ok(lines().every(({ level, time, msg }) => level >= TRACE && time > 0 && msg !== ''));
  assert.ok(!under.process.stdout.includes(join(homeDir, 'local-token')));
});
