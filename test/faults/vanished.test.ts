/** A peer that is there no more, though TCP still says so. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { NO_PROC, openDescriptors, until } from '../helpers/system.js';

/** This file runs from `dist/test/faults`. */
const PONG_CLIENT = join(import.meta.dirname, '../helpers/pong-client.js');

test('a client process that was stopped is closed by the heartbeat, its descriptor is freed, and it hears 4002 when it goes on', {
  skip: NO_PROC,
  timeout: 60_000,
}, async (t) => {
  const under = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: engine(0, { heartbeat_interval: 1, heartbeat_max_missed: 1 }),
  });
  const pid = under.process.child.pid ?? 0;
  const observer = await under.login();
  observer.socket.on('message', (data) => {
    const { method, params } = JSON.parse(data.toString());
    if (method === 'heartbeat.ping')
      observer.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
  });
  const peer = spawn(process.execPath, [PONG_CLIENT, under.url, under.token], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  peer.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  atEnd(t, () => peer.kill('SIGKILL'));
  const connections = async (): Promise<number> => (await observer.call('system.status')).active_connections;

  // It stays for longer than those go on who do not answer.
  await until(() => said.includes('ping 3'), 'three pings that were answered');
  assert.equal(await connections(), 2);
  // What is loaded behind the start has closed its files by now.
  const during = openDescriptors(pid);
  peer.kill('SIGSTOP');
  await until(async () => (await connections()) === 1, 'the close by the heartbeat');
  assert.equal(said.includes('closed'), false);
  await until(() => openDescriptors(pid) === during - 1, 'the descriptor to be free again');
  peer.kill('SIGCONT');
  await until(() => said.includes('closed 4002 Heartbeat timeout'), 'the close code');
});
