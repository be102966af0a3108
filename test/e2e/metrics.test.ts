/** Figures of `/metrics`, compared with what a real gateway was made to do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rawProvider, refuses, says } from '../../server/backends/reasoning/raw-provider.js';
import { StartError } from '../../server/gateway.js';
import type { Client, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { type GatewayUnderTest, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { scrape, untilScraped } from '../helpers/metrics.js';
import { modelConfig, table } from '../helpers/models.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const MIB = 1024 * 1024;
const QUIET = { heartbeat_interval: 1_000_000, heartbeat_timeout: 1_000_000 };

/** What has gone over the wire, as its clients saw it. */
const watchTraffic = () => {
  const traffic = { receivedBytes: 0, received: 0, sentBytes: 0, sent: 0 };
  const watch = <C extends Client>(client: C): C => {
    client.socket.on('message', (data: Buffer) => {
      traffic.sent += 1;
      traffic.sentBytes += data.length;
    });
    const send = client.send.bind(client);
    client.send = (frame) => {
      const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
      traffic.received += Array.isArray(frame) ? frame.length : 1;
      traffic.receivedBytes += Buffer.byteLength(text);
      send(text);
    };
    return client;
  };
  return { traffic, watch };
};

const handshake = (under: GatewayUnderTest, params: object = {}) => ({
  client_id: 'test-client',
  client_version: '0.9.4',
  token: under.token,
  ...params,
});

test(`${req('P9-metrics')} requests are counted by method and outcome, handshakes by outcome, and all that came and went`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, QUIET) });
  const { traffic, watch } = watchTraffic();
  const client = watch(await under.connect());
  assert.equal((await client.request('system.ping')).error.code, 4010);
  assert.equal((await client.request('auth.handshake', { token: 7 })).error.code, -32602);
  assert.equal(
    (await client.request('auth.handshake', handshake(under, { token: 'oc_user_wrong' }))).error.code,
    4011,
  );
  const session = await client.call('auth.handshake', handshake(under));
  assert.equal((await client.request('auth.handshake', handshake(under))).error.code, -32600);
  const user = await addToken(under, { principal: 'ada' });
  const other = watch(await under.connect());
  await other.call('auth.handshake', handshake(under, { token: user }));

  for (let at = 0; at < 3; at += 1) await client.call('system.ping');
  client.send('{"jsonrpc": "2.0", "method": "system.ping", "id": "spaced"}');
  await client.next(({ id }) => id === 'spaced');
  assert.equal((await client.request('chat.sendd')).error.code, -32601);
  assert.equal((await client.request('chat.send', { massage: 'é' })).error.code, -32602);
  client.send({ jsonrpc: '2.0', method: 'channel.list', params: { extra: true } });
  assert.equal((await client.request('chat.history', { channel: 'ch-none' })).error.code, 4040);
  assert.equal((await other.request('memory.stats')).error.code, 4012);
  client.send([
    { jsonrpc: '2.0', method: 'system.status', id: 'b1' },
    { jsonrpc: '2.0', method: 'system.ping' },
    { no: 'request', id: 'b2' },
  ]);
  await client.next((frame) => Array.isArray(frame), 'the array');
  const message = { message: 'Größe', idempotency_key: 'once' };
  const { message_id } = await client.call('chat.send', message);
  assert.equal((await client.request('chat.send', { ...message, message: 'other' })).error.code, 4090);
  await client.complete(message_id);
  await client.close();
  const again = watch(await under.connect());
  await again.call('auth.handshake', handshake(under, { resume: { session_id: session.session_id } }));

  const page = await scrape(under);
  assert.deepEqual(page.counted('requests_total'), {
    'auth.handshake denied': 1,
    'auth.handshake invalid': 2,
    'auth.handshake ok': 3,
    'channel.list invalid': 1,
    'chat.history not_found': 1,
    'chat.send invalid': 1,
    'chat.send ok': 1,
    'chat.send refused': 1,
    'memory.stats denied': 1,
    'system.ping denied': 1,
    'system.ping ok': 5,
    'system.status ok': 1,
    'unknown invalid': 2,
  });
  assert.deepEqual(page.counted('validation_failures_total'), {
    'auth.handshake': 1,
    'channel.list': 1,
    'chat.send': 1,
  });
  assert.deepEqual(page.counted('handshakes_total'), { accepted: 2, invalid: 1, rejected: 1, resumed: 1 });
  // One for each request that has a target, whenever it was answered.
  const durations = (target: string): number => page.get('request_duration_seconds', { target }, '_count');
  assert.deepEqual(
    ['SystemController', 'ReasoningLayer', 'ChannelManager', 'MemorySystem', 'SkillsManager'].map(durations),
    [13, 4, 1, 1, 0],
  );
  // What went to the disk first was not answered at once.
  assert.ok(page.get('request_duration_seconds', { target: 'ReasoningLayer' }, '_sum') > 0);
  assert.equal(page.get('messages_received_total'), traffic.received);
  assert.equal(page.get('received_bytes_total'), traffic.receivedBytes);
  assert.equal(page.get('messages_sent_total'), traffic.sent);
  assert.equal(page.get('sent_bytes_total'), traffic.sentBytes);
  assert.deepEqual(page.counted('connections'), { active: 2 });
  assert.equal(page.get('connections_opened_total'), 3);
});

test(`${req('P9-metrics')} refusals of the rate limit are counted by limit`, async (t) => {
  const limits = (rest: string): string => `[gateway.rate_limit]\nmessages_per_second = 0.01\n${rest}`;
  for (const [config, sent, hits, code] of [
    [limits('burst_size = 3\n'), 7, { messages_per_second: 4 }, '4003'],
    [limits('burst_size = 100\nmessages_per_minute = 5\n'), 7, { messages_per_minute: 2 }, null],
  ] as const) {
    const under = await startTestGateway(t, { config });
    const client = await under.login();
    for (let id = 1; id <= sent; id += 1) client.send({ jsonrpc: '2.0', method: 'system.ping', id });
    await client.frame(({ id }) => id === sent);
    if (code !== null) await client.closed;
    const page = await scrape(under);
    assert.deepEqual(page.counted('rate_limit_hits_total'), hits);
    const [refused] = Object.values(hits);
    assert.equal(page.get('requests_total', { method: 'system.ping', outcome: 'rate_limited' }), refused);
    assert.equal(
      page.get('requests_total', { method: 'system.ping', outcome: 'ok' }),
      sent - Number(refused),
    );
    assert.deepEqual(page.counted('connections_closed_total'), code === null ? {} : { [code]: 1 });
  }
});

test(`${req('P9-metrics')} closes are counted by code, and connections by where they are`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, { ...QUIET, max_message_bytes: 65_536 }) });
  const close = async (act: (client: Client) => unknown, login = true): Promise<number> => {
    const client = await (login ? under.login() : under.connect());
    await act(client);
    return (await client.closed).code;
  };
  const wrong = handshake(under, { token: 'oc_user_wrong' });
  assert.equal(await close(({ socket }) => socket.close(1000)), 1000);
  assert.equal(await close(({ socket }) => socket.close(1001)), 1001);
  await close(({ socket }) => socket.close());
  await close(({ socket }) => socket.close(4002));
  await close(({ socket }) => socket.close(4999));
  await close(({ socket }) => socket.terminate());
  assert.equal(await close((client) => client.send('{')), 1002);
  assert.equal(await close(({ socket }) => socket.send(Buffer.alloc(3))), 1002);
  assert.equal(await close((client) => client.send('x'.repeat(65_537))), 1009);
  assert.equal(
    await close(async (client) => {
      for (let at = 0; at < 3; at += 1) await client.request('auth.handshake', wrong);
    }, false),
    4001,
  );
  const [first] = await Promise.all([under.login(), under.connect()]);
  const resume = { session_id: first.handshake.session_id };
  await under.login({ resume });
  assert.equal((await first.closed).code, 1000);
  const page = await untilScraped(
    under,
    'all closes are known',
    (each) => Object.values(each.counted('connections_closed_total')).reduce((a, b) => a + b, 0) === 11,
  );
  assert.deepEqual(page.counted('connections_closed_total'), {
    '1000': 2,
    '1001': 1,
    '1002': 2,
    '1005': 1,
    '1006': 1,
    '1009': 1,
    '4001': 1,
    other: 2,
  });
  assert.equal(page.get('connections_opened_total'), 13);
  assert.deepEqual(page.counted('connections'), { active: 1, authenticating: 1 });
  assert.equal(page.get('requests_total', { method: 'unknown', outcome: 'invalid' }), 2);
});

test(`${req('P9-metrics')} who does not authenticate in time is counted among the handshakes`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  const stranger = await under.connect();
  await untilScraped(under, 'it is known', (page) => page.counted('connections').authenticating === 1);
  clock.pass(5000);
  assert.equal((await stranger.closed).code, 4001);
  const page = await scrape(under);
  assert.deepEqual(page.counted('handshakes_total'), { timeout: 1 });
  assert.deepEqual(page.counted('connections_closed_total'), { '4001': 1 });
});

test(`${req('P9-metrics')} heartbeats are counted as sent, answered and missed, notifications as queued and delivered`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: engine(0, { heartbeat_interval: 10, heartbeat_timeout: 1000, heartbeat_max_missed: 3 }),
  });
  const client = await under.login();
  const isPing = (seq: number) => (frame: Json) =>
    frame.method === 'heartbeat.ping' && frame.params.seq === seq;
  const beat = async (seq: number): Promise<void> => {
    clock.pass(10_000);
    await client.frame(isPing(seq), `ping ${seq}`);
  };
  const pong = async (seq: number): Promise<void> => {
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq } });
    await client.settle();
  };
  await beat(1);
  await pong(1);
  await pong(1);
  await beat(2);
  await beat(3);
  await pong(3);
  assert.deepEqual((await scrape(under)).counted('heartbeats_total'), { answered: 3, missed: 1, sent: 3 });
  await client.call('system.notify', { type: 'reminder', msg: 'now' });
  await client.call('system.notify', { type: 'reminder', msg: 'later', in_seconds: 3600 });
  const { params } = await client.frame(
    (frame) => frame.method === 'heartbeat.ping' && frame.params.notifications.length > 0,
    'a notification',
  );
  const before = await scrape(under);
  assert.deepEqual(
    [before.get('notifications_queued_total'), before.get('notifications_delivered_total')],
    [2, 0],
  );
  await pong(params.seq);
  assert.equal((await scrape(under)).get('notifications_delivered_total'), 1);
  const missedBefore = (await scrape(under)).counted('heartbeats_total').missed ?? 0;
  while (client.socket.readyState === client.socket.OPEN) {
    clock.pass(10_000);
    await Promise.race([client.next().catch(() => {}), client.closed]);
  }
  assert.equal((await client.closed).code, 4002);
  const page = await scrape(under);
  assert.equal((page.counted('heartbeats_total').missed ?? 0) - missedBefore, 3);
  assert.deepEqual(page.counted('connections_closed_total'), { '4002': 1 });
});

test(`${req('P9-metrics')} streams: how many, how they ended, their first token, tokens and chunks, and the store’s commits`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5, QUIET) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  const queued = await client.call('chat.send', { message: 'short' });
  await client.frame(({ method }) => method === 'chat.stream', 'a chunk');
  const during = await scrape(under);
  assert.deepEqual([during.get('streams_active'), during.get('streams_queued')], [1, 1]);
  assert.equal(during.get('time_to_first_token_seconds', {}, '_count'), 1);
  await client.call('chat.cancel', { message_id });
  const ends = [await client.complete(message_id), await client.complete(queued.message_id)];
  const page = await scrape(under);
  assert.deepEqual([page.get('streams_active'), page.get('streams_queued')], [0, 0]);
  assert.deepEqual(page.counted('streams_total'), { cancelled: 1, stop: 1 });
  assert.equal(page.get('time_to_first_token_seconds', {}, '_count'), 2);
  assert.ok(page.get('time_to_first_token_seconds', {}, '_sum') > 0);
  assert.equal(
    page.get('tokens_total'),
    ends.reduce((sum, { total_tokens }) => sum + total_tokens, 0),
  );
  const spans = client.notifications('chat.stream').map(({ span = 1 }) => span);
  assert.equal(
    page.get('chunks_sent_total'),
    spans.reduce((sum, span) => sum + span, 0),
  );
  assert.equal(
    page.get('chunks_merged_total'),
    spans.reduce((sum, span) => sum + span - 1, 0),
  );
  const commits = page.get('store_commit_duration_seconds', {}, '_count');
  // Two messages, one after the other, and two ends.
  assert.ok(commits >= 4, `${commits}`);
  assert.equal(page.get('store_commit_batch_size', {}, '_count'), commits);
  assert.ok(page.get('store_commit_batch_size', {}, '_sum') >= commits);
  assert.ok(page.get('store_commit_duration_seconds', {}, '_sum') > 0);
});

test(`${req('P9-metrics')} a client that does not read is lagging, and so much waits for it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, { ...QUIET, max_message_bytes: 16 * MIB }) });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  const calm = await scrape(under);
  assert.deepEqual([calm.get('clients_lagging'), calm.get('backlog_bytes')], [0, 0]);
  reader.socket.pause();
  // More than the kernel takes for a connection that nobody reads.
  const { message_id } = await writer.call('chat.send', { message: `${'x'.repeat(99)} `.repeat(120_000) });
  await writer.complete(message_id);
  const lagging = await untilScraped(under, 'it lags', (page) => page.get('clients_lagging') === 1);
  assert.ok(lagging.get('backlog_bytes') > 0);
  reader.socket.resume();
  await reader.complete(message_id);
  const page = await untilScraped(under, 'it has caught up', (each) => each.get('clients_lagging') === 0);
  assert.equal(page.get('backlog_bytes'), 0);
  const spans = [writer, reader].flatMap((client) =>
    client.notifications('chat.stream').map(({ span = 1 }) => span),
  );
  assert.equal(
    page.get('chunks_merged_total'),
    spans.reduce((sum, span) => sum + span - 1, 0),
  );
  // Who goes while it lags takes its backlog along.
  reader.socket.pause();
  const more = await writer.call('chat.send', { message: `${'y'.repeat(99)} `.repeat(120_000) });
  await writer.complete(more.message_id);
  await untilScraped(under, 'it lags again', (each) => each.get('clients_lagging') === 1);
  reader.terminate();
  const after = await untilScraped(under, 'it is gone', (each) => each.get('clients_lagging') === 0);
  assert.equal(after.get('backlog_bytes'), 0);
});

test(`${req('P9-metrics')} calls of providers are counted by outcome, and one that is down degrades without taking the gateway out`, async (t) => {
  const first = await rawProvider(t, refuses(401));
  const second = await rawProvider(t, says('openai-compatible', 'hello'));
  const under = await startTestGateway(t, {
    config: modelConfig(
      { base_url: first.baseUrl },
      table('fallback.first', { provider: 'openai-compatible', model: 'm', base_url: second.baseUrl }),
    ),
  });
  const client = await under.login();
  const say = async (): Promise<Json> =>
    client.complete((await client.call('chat.send', { message: 'hi' })).message_id);
  assert.equal((await say()).finish_reason, 'stop');
  const page = await scrape(under);
  assert.deepEqual(page.counted('provider_calls_total'), {
    'denied reasoning': 1,
    'ok reasoning.fallback.first': 1,
  });
  const ready = async (): Promise<Json> => {
    const response = await fetch(`${under.gateway.operationsUrl}/readyz`);
    return [response.status, await response.json()];
  };
  assert.deepEqual(await ready(), [
    200,
    { status: 'degraded', parts: { store: 'ok', clients: 'ok', reasoning: 'degraded' } },
  ]);
  first.script = says('openai-compatible', 'I am back');
  assert.equal((await say()).finish_reason, 'stop');
  assert.deepEqual(await ready(), [200, { status: 'ready', parts: { store: 'ok', clients: 'ok' } }]);
  first.script = (response) => void response.writeHead(200).flushHeaders();
  const { message_id } = await client.call('chat.send', { message: 'hi' });
  await first.requests(3);
  await client.call('chat.cancel', { message_id });
  await client.complete(message_id);
  await untilScraped(
    under,
    'the cancelled call is known',
    (each) => each.counted('provider_calls_total')['cancelled reasoning'] === 1,
  );
});

test(`${req('P9-metrics')} runs of skills are counted by server and outcome`, async (t) => {
  const under = await startTestGateway(t, {
    config: `${engine(0, QUIET)}\n[skills]\nbuilt_in = ["*"]\n`,
  });
  const client = await under.login();
  await client.call('skill.call', { skill: 'time.now' });
  await client.call('skill.call', { skill: 'reminder.cancel', arguments: { id: 7 } });
  const page = await scrape(under);
  assert.deepEqual(page.counted('skill_runs_total'), { 'failed built-in': 1, 'ok built-in': 1 });
});

const get = async (url: string, token?: string): Promise<[number, string]> => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers });
  return [response.status, await response.text()];
};

test(`${req('P9-metrics')} with a token, metrics are for those alone who show it`, async (t) => {
  const file = join(temporaryFolder(t), 'metrics-token');
  writeFileSync(file, 's3cret-of-operators\n', { mode: 0o600 });
  const config = `[metrics]\ntoken_file = ${JSON.stringify(file)}\n`;
  const { gateway } = await startTestGateway(t, { config });
  const url = `${gateway.operationsUrl}/metrics`;
  assert.equal((await get(url))[0], 401);
  assert.equal((await get(url, 's3cret'))[0], 401);
  const [status, text] = await get(url, 's3cret-of-operators');
  assert.deepEqual([status, text.includes('openclaw_gateway_connections{')], [200, true]);
  assert.deepEqual(await get(`${gateway.operationsUrl}/readyz`), [200, '{"status":"ready"}\n']);
  assert.deepEqual(await get(`${gateway.operationsUrl}/healthz`), [200, '{"status":"alive"}\n']);
});

test(`${req('P9-metrics')} a token that cannot be had stops the start`, async (t: TestContext) => {
  const file = join(temporaryFolder(t), 'none');
  await assert.rejects(
    startTestGateway(t, { config: `[metrics]\ntoken_file = ${JSON.stringify(file)}\n` }),
    (error) => {
      assert.ok(error instanceof StartError);
      assert.equal(
        error.message,
        `metrics.token_file names ${file}, which cannot be read (ENOENT): mend that, or leave it empty.`,
      );
      return true;
    },
  );
});

test(`${req('P9-metrics')} the page is Prometheus’ text format, and nothing of a client is in it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, QUIET) });
  const client = await under.login({ client_id: 'marked-client' });
  await client.request('marked.method', { marked: 'marked' });
  const channel = await client.call('channel.create', { name: 'marked-channel' });
  const { message_id } = await client.call('chat.send', { message: 'marked', channel: channel.channel_id });
  await client.complete(message_id);
  const response = await fetch(`${under.gateway.operationsUrl}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  assert.doesNotMatch(text, /marked|ch-|sess-|oc_|127\.0\.0\.1/);
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  assert.match(text, /^process_cpu_seconds_total /m);
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text });
  if (error !== undefined) {
    t.diagnostic('promtool is not on this machine, so the page was not checked: install Debian’s prometheus');
    return;
  }
  assert.deepEqual([status, String(stdout), String(stderr)], [0, '', '']);
});
