/** The HTTP answers and the times of the protocol's tables, provoked over a real socket. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PROTOCOL } from '../../schemas/codes.js';
import { REFUSALS } from '../../server/socket/upgrade.js';
import type { Client, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { ask } from '../helpers/exchange.js';
import { atEnd, startTestGateway } from '../helpers/gateway.js';
import { askHttp, askUpgrade, type HttpAnswer, UPGRADE_HEADERS } from '../helpers/raw-socket.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const MINUTE_MS = 60_000;

/** Everybody else has gone, and the gateway knows it. */
const isAlone = (observer: Client): Promise<void> =>
  until(async () => (await observer.call('system.status')).active_connections === 1, 'the others to be gone');

type Refuse = (t: TestContext) => Promise<HttpAnswer>;

/** What is left out cannot be provoked from outside, or it would have been mended. */
const REFUSED: Readonly<Record<Exclude<keyof typeof REFUSALS, 'fault' | 'draining'>, Refuse>> = {
  host: async (t) =>
    askUpgrade(t, (await startTestGateway(t)).port, { headers: [['Host', 'rebound.example']] }),
  origin: async (t) =>
    askUpgrade(t, (await startTestGateway(t)).port, { headers: [['Origin', 'https://example.org']] }),
  gatewayFull: async (t) => {
    const under = await startTestGateway(t, { config: '[gateway]\nmax_connections = 1\n' });
    await under.login();
    return askUpgrade(t, under.port);
  },
  addressFull: async (t) => {
    const under = await startTestGateway(t, { config: '[gateway]\nmax_connections_per_ip = 1\n' });
    await under.login();
    return askUpgrade(t, under.port);
  },
  version: async (t) => {
    const { port } = await startTestGateway(t);
    const headers = UPGRADE_HEADERS.map(([name, value]): [string, string] => [
      name,
      name === 'Sec-WebSocket-Version' ? '8' : value,
    ]);
    return askHttp(t, port, { headers: [['Host', `127.0.0.1:${port}`], ...headers] });
  },
  notAcceptable: async (t) => {
    const { port } = await startTestGateway(t);
    const headers = [
      ['Host', `127.0.0.1:${port}`],
      ['Accept-Encoding', '*;q=0'],
    ] as const;
    return askHttp(t, port, { headers });
  },
  notFound: async (t) => {
    const { port } = await startTestGateway(t);
    return askHttp(t, port, { path: '/none', headers: [['Host', `127.0.0.1:${port}`]] });
  },
};

for (const [name, refuse] of Object.entries(REFUSED) as [keyof typeof REFUSED, Refuse][]) {
  const { status, text, header } = REFUSALS[name];
  test(`${req('P1-http-answers')} ${status}: ${text}`, async (t) => {
    const answer = await refuse(t);
    assert.equal(answer.status, Number.parseInt(status, 10));
    assert.equal(answer.body, `${text}\n`);
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    if (header !== null) assert.equal(answer.headers.get(header[0].toLowerCase()), header[1]);
  });
}

test(`${req('P1-http-answers', 'P5-drain')} 503: an upgrade on a connection that was there before the gateway began to drain`, async (t) => {
  const under = await startTestGateway(t, { config: engine(20) });
  const client = await under.login();
  await client.call('chat.send', { message: ENDLESS });
  const socket = connect(under.port, '127.0.0.1').setEncoding('latin1');
  atEnd(t, () => socket.destroy());
  let said = '';
  socket.on('data', (text) => {
    said += text;
  });
  const host = `Host: 127.0.0.1:${under.port}\r\n`;
  socket.write(`GET / HTTP/1.1\r\n${host}\r\n`);
  await until(() => said.includes('</html>'), 'the page');
  void under.gateway.close();
  await client.frame(({ method }) => method === 'system.goaway');
  said = '';
  socket.write(
    `GET / HTTP/1.1\r\n${host}${UPGRADE_HEADERS.map((pair) => `${pair.join(': ')}\r\n`).join('')}\r\n`,
  );
  await until(() => said.includes('\r\n\r\n'), 'the refusal');
  assert.match(said, /^HTTP\/1\.1 503 Service Unavailable\r\n(?:.+\r\n)*Retry-After: 5\r\n/);
});

test(`${req('P5-kept')} an ended reply comes from the log for 5 minutes, and from the store after them`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: engine(0, { heartbeat_interval: 1e6 }) });
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: 'a few words' });
  await client.complete(message_id);
  const resumed = async (): Promise<Json> => {
    const follower = await under.login();
    const { recovered } = await follower.call('chat.resume', { message_id, after_index: 3 });
    await follower.complete(message_id);
    const { index } = follower.notifications('chat.stream')[0];
    assert.ok(embeddedReply('a few words').endsWith(follower.streamed(message_id, index)));
    return { recovered, index };
  };
  clock.pass(PROTOCOL.resumeWindowMs - 5000);
  assert.deepEqual(await resumed(), { recovered: true, index: 4 });
  clock.pass(6000);
  const isForgotten = (): Promise<boolean> =>
    resumed().then(
      ({ recovered }) => !recovered,
      // It began in the last moment, and what it was to get went away in front of it: close 1013.
      () => false,
    );
  await until(isForgotten, 'the end of the window');
  assert.deepEqual(await resumed(), { recovered: false, index: 0 });
});

test(`${req('P3-resume-session')} a session can be resumed for 5 minutes, and no longer`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: engine(0, { heartbeat_interval: 1e6 }) });
  const resumed = async (session_id: string): Promise<boolean> => {
    const client = await under.login({ resume: { session_id } });
    await client.close();
    return client.handshake.resumed;
  };
  const observer = await under.login();
  for (const [passedMs, expected] of [
    [PROTOCOL.resumeWindowMs - 5000, true],
    [PROTOCOL.resumeWindowMs, false],
  ] as const) {
    const client = await under.login();
    await client.close();
    await isAlone(observer);
    clock.pass(passedMs);
    assert.equal(await resumed(client.handshake.session_id), expected);
  }
});

test(`${req('P5-detached-timeout')} a reply that nobody follows has 120 s by default`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: engine(20, { heartbeat_interval: 1e6 }) });
  const [client, observer] = await Promise.all([under.login(), under.login()]);
  await observer.call('channel.unsubscribe', { channel_id: 'default' });
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(({ method }) => method === 'chat.stream');
  await client.close();
  await isAlone(observer);
  const endOf = async (): Promise<string | undefined> =>
    (await observer.call('chat.history')).messages[1]?.finish_reason;
  clock.pass(119_000);
  assert.equal(await endOf(), undefined);
  clock.pass(1000);
  await until(async () => (await endOf()) === 'cancelled', 'the cancellation');
  const { error } = await observer.request('chat.resume', { message_id });
  assert.equal(error, undefined);
});

test(`${req('P3-throttle')} a minute after ten failures an address is listened to again`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: engine(0, { auth_timeout: 1e6 }) });
  const guess = async (): Promise<Json> => {
    const params = { client_id: 'test', client_version: '1', token: 'oc_user_wrong' };
    const stranger = await under.connect();
    return (await ask(stranger, { jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 })).error.data;
  };
  for (let failure = 0; failure < 10; failure += 1) assert.equal(await guess(), undefined);
  const { retry_after_ms } = await guess();
  assert.ok(retry_after_ms > MINUTE_MS - 10_000 && retry_after_ms <= MINUTE_MS);
  clock.pass(retry_after_ms);
  assert.equal(await guess(), undefined);
});

test(`${req('P1-limits-freed')} strangers who ignored their close make room 16 s later`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: '[gateway]\nmax_unauthenticated_per_ip = 1\nauth_timeout = 1000000\n',
  });
  const stranger = await under.connect();
  stranger.send('no JSON');
  await stranger.closed;
  assert.equal((await askUpgrade(t, under.port)).status, 429);
  clock.pass(16_000);
  await until(async () => (await askUpgrade(t, under.port)).status === 101, 'room');
});
