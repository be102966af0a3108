import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { GatewayProcess } from '../helpers/process.js';
import { askUpgrade, RawWebSocket } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

const DESCRIPTORS = 700;
const SILENT = 1000;

/** Resolves once a TCP connection has been opened, whatever becomes of it. */
const openSilently = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
};

test(`${req('P1-descriptors')} more silent connections than there are descriptors disturb nobody who is in`, async (t) => {
  const homeDir = temporaryFolder(t);
  const gateway = new GatewayProcess(t, { homeDir, descriptors: DESCRIPTORS });
  const port = await gateway.port();
  const token = readFileSync(join(homeDir, 'local-token'), 'utf8').trim();
  const login = async (): Promise<Client> => {
    const client = new Client(`ws://127.0.0.1:${port}`);
    t.after(() => client.terminate());
    await client.opened;
    await client.call('auth.handshake', { client_id: 'test', client_version: '1', token });
    return client;
  };
  const inside = await login();
  const silent: Socket[] = [];
  t.after(() => {
    for (const socket of silent) socket.destroy();
  });
  for (let at = 0; at < SILENT; at += 1) silent.push(await openSilently(port));
  assert.deepEqual(await inside.call('system.ping'), { pong: true });
  const open = silent.filter((socket) => !socket.destroyed && socket.readyState === 'open').length;
  assert.ok(open < DESCRIPTORS, `${open} of ${SILENT} are open`);
  const closed = Promise.all(
    silent.map((socket) => (socket.destroyed ? null : once(socket.destroy(), 'close'))),
  );
  await closed;
  // The places are free as soon as the gateway has seen them go.
  await inside.settle();
  await (await login()).settle();
});

test(`${req('P1-max-unauthenticated-per-ip')} strangers who were closed and stay connected keep their places`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_unauthenticated_per_ip = 3\n' });
  for (let at = 0; at < 3; at += 1) {
    const stranger = await RawWebSocket.open(t, under.port);
    stranger.write('no JSON');
    let event = await stranger.next();
    while (!('close' in event)) event = await stranger.next();
    assert.equal(event.close.code, 1002);
  }
  assert.equal((await askUpgrade(t, under.port)).status, 429);
});
