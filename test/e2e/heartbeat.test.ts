import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ConfigError } from '../../server/config/errors.js';
import { SettableClock } from '../helpers/clock.js';
import { engine } from '../helpers/engine.js';
import { encodeFrame } from '../helpers/frames.js';
import { atEnd, startTestGateway } from '../helpers/gateway.js';
import { UPGRADE_HEADERS } from '../helpers/raw-socket.js';
import { queuedBytes, until } from '../helpers/system.js';
import { req } from './requirements.js';

/** Pings as fast as the configuration allows. */
const beat = (rest = ''): string => `[gateway]\nheartbeat_interval = 1\n${rest}`;
const isPing = ({ method }: { method?: string }): boolean => method === 'heartbeat.ping';

test(`${req('P7-ping', 'T-heartbeat')} a ping comes within one interval of the handshake, then one every interval, counted up`, async (t) => {
  const under = await startTestGateway(t, { config: beat() });
  const client = await under.login();
  assert.equal(client.handshake.heartbeat_interval, 1);
  for (let seq = 1; seq <= 3; seq += 1) {
    const ping = await client.frame((frame) => isPing(frame) && frame.params.seq === seq, `ping ${seq}`);
    assert.deepEqual(ping, {
      jsonrpc: '2.0',
      method: 'heartbeat.ping',
      params: { seq, notifications: [] },
    });
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq, client_load: 0.45 } });
  }
  const status = await client.call('system.status');
  assert.deepEqual([status.heartbeat_ok, status.heartbeat_total, status.client_load], [1, 1, 0.45]);
});

test(`${req('P7-timeout', 'P2-heartbeat-close', 'T-heartbeat')} who never answers is closed with 4002`, async (t) => {
  const under = await startTestGateway(t, {
    config: beat('heartbeat_max_missed = 2\nheartbeat_timeout = 60\n'),
  });
  const client = await under.login();
  const { code, reason } = await client.closed;
  assert.deepEqual({ code, reason }, { code: 4002, reason: 'Heartbeat timeout' });
  assert.equal(client.frames.filter(isPing).length, 2);
  const other = await under.login();
  const status = await other.call('system.status');
  assert.equal(status.active_connections, 1);
});

test(`${req('P7-timeout')} the timeout alone closes, too`, async (t) => {
  const under = await startTestGateway(t, {
    config: beat('heartbeat_max_missed = 1000\nheartbeat_timeout = 1\n'),
  });
  const client = await under.login();
  assert.equal((await client.closed).code, 4002);
  assert.ok(client.frames.filter(isPing).length <= 2);
});

test(`${req('P7-pong')} seqs that were never sent do not keep a connection alive`, async (t) => {
  const under = await startTestGateway(t, { config: beat('heartbeat_max_missed = 2\n') });
  const client = await under.login();
  client.socket.on('message', () =>
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 1_000_000 } }),
  );
  assert.equal((await client.closed).code, 4002);
});

test(`${req('P7-strangers')} before the handshake nobody is pinged`, async (t) => {
  const under = await startTestGateway(t, { config: beat('auth_timeout = 2\n') });
  const stranger = await under.connect();
  assert.equal((await stranger.closed).code, 4001);
  assert.deepEqual(stranger.frames, []);
});

test(`${req('P7-spread')} connections that came together do not beat together`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: '[gateway]\nheartbeat_interval = 100\n' });
  const clients = await Promise.all(Array.from({ length: 40 }, () => under.login()));
  const pinged = (): number => clients.filter(({ frames }) => frames.some(isPing)).length;
  let before = 0;
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    clock.pass(10_000);
    await clock.read();
    await Promise.all(clients.map((client) => client.settle()));
    const news = pinged() - before;
    assert.ok(news >= 1 && news <= 8, `${news} of 40 in tenth ${tenth} of the interval`);
    before += news;
  }
});

test(`${req('P7-pong')} a pong acknowledges its seq and all before it`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  const client = await under.login();
  const nextPing = async (): Promise<number> => {
    clock.pass(30_000);
    const { params } = await client.next(isPing, 'a ping');
    return params.seq;
  };
  await nextPing();
  const second = await nextPing();
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: second } });
  await client.settle();
  // Were the first one still open, its 90 s would be over with the second of these, and a third missed.
  for (let unanswered = 1; unanswered <= 3; unanswered += 1) {
    assert.equal(await nextPing(), second + unanswered);
  }
  clock.pass(30_000);
  assert.equal((await client.closed).code, 4002);
});

/** A client that reads so many bytes when it is told to, and else nothing; it answers no ping. */
const slowReader = async (t: TestContext, port: number, token: string) => {
  const socket = connect(port, '127.0.0.1');
  atEnd(t, () => socket.destroy());
  let received = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let beginning = '';
  socket.on('data', (bytes) => {
    if (beginning.length < 2000) beginning += bytes.toString('latin1');
    received += bytes.length;
    if (received >= wanted) socket.pause();
  });
  const headers = [['Host', `127.0.0.1:${port}`], ...UPGRADE_HEADERS].map((pair) => `${pair.join(': ')}\r\n`);
  socket.write(`GET / HTTP/1.1\r\n${headers.join('')}\r\n`);
  await until(() => beginning.includes('\r\n\r\n'), 'the upgrade');
  const params = { client_id: 'slow', client_version: '1', token };
  socket.write(encodeFrame(JSON.stringify({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 })));
  await until(() => beginning.includes('"session_id"'), 'the handshake');
  socket.pause();
  return {
    read: async (bytes: number): Promise<void> => {
      wanted = received + bytes;
      socket.resume();
      await until(() => received >= wanted, 'bytes');
    },
    /** The kernel has been given what it takes: a socket thread gets it piece by piece, while the test's clock jumps. */
    rest: async (): Promise<void> => {
      let before = -1;
      let same = 0;
      await until(() => {
        const queued = queuedBytes(socket.localPort ?? 0);
        same = queued === before ? same + 1 : 0;
        before = queued;
        return same >= 5;
      }, 'rest');
    },
  };
};

test(`${req('P7-draining')} a connection that is draining bytes is alive, whatever it has not come to answer`, async (t) => {
  const MIB = 1024 * 1024;
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: engine(0, { max_message_bytes: 16 * MIB, max_backlog_seconds: 1e6 }),
  });
  const writer = await under.login();
  writer.socket.on('message', (data) => {
    const { method, params } = JSON.parse(String(data));
    if (method === 'heartbeat.ping')
      writer.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
  });
  const reader = await slowReader(t, under.port, under.token);
  for (let flood = 0; flood < 2; flood += 1) {
    const { message_id } = await writer.call('chat.send', {
      message: `${'x'.repeat(1023)} `.repeat(8 * 1024),
    });
    await writer.complete(message_id);
  }
  await reader.rest();
  const connections = async (): Promise<number> => (await writer.call('system.status')).active_connections;
  const halfMinute = async (): Promise<void> => {
    clock.pass(30_000);
    await clock.read();
    await writer.settle();
  };
  // Twice what closes a connection that only does not answer.
  for (let halfMinutes = 0; halfMinutes < 8; halfMinutes += 1) {
    await halfMinute();
    await reader.read(3 * MIB);
    await reader.rest();
    assert.equal(await connections(), 2, `after ${halfMinutes} half minutes`);
  }
  // What the kernel still took was under way, perhaps from another thread: only from then on it is silence.
  const isClosed = async (): Promise<boolean> => {
    for (let halfMinutes = 0; halfMinutes < 4; halfMinutes += 1) await halfMinute();
    return (await connections()) === 1;
  };
  await until(isClosed, 'the end of one that reads nothing more');
});

test(`${req('P7-timeout-floor')} heartbeat_timeout may not be below one interval`, async (t) => {
  const config = '[gateway]\nheartbeat_interval = 10\nheartbeat_timeout = 9\n';
  await assert.rejects(startTestGateway(t, { config }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /config\.toml:3: gateway\.heartbeat_timeout /);
    return true;
  });
  await startTestGateway(t, { config: config.replace('9', '10') });
});
