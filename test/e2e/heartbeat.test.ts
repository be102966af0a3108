import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';
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
