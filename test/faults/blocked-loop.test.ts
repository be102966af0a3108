/** The gateway itself stands still for a while: what had arrived in time was in time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { NO_PROC, processState, until } from '../helpers/system.js';

/** Of everything that waits here: the shortest there is. */
const TIMEOUT_SECONDS = 1;
/** Longer than that, and than a tick of the gateway's timers besides. */
const BLOCKED_MS = 1500;
const STRANGERS = 200;

test('a loop that was blocked for longer than its timeouts closes nobody whose handshake or pong was there in time', {
  skip: NO_PROC,
}, async (t) => {
  const under = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: engine(0, {
      auth_timeout: TIMEOUT_SECONDS,
      max_unauthenticated_per_ip: 0,
      heartbeat_interval: TIMEOUT_SECONDS,
      heartbeat_timeout: TIMEOUT_SECONDS,
      heartbeat_max_missed: 1,
    }),
  });
  const { child } = under.process;
  const connect = async (): Promise<Client> => {
    const client = new Client(under.url);
    atEnd(t, () => client.terminate());
    await client.opened;
    return client;
  };
  const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';
  const pong = (client: Client, { params }: Json): void =>
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq } });
  const inside = await under.login();
  const ping = await inside.frame(isPing, 'a ping');
  const punctual = await Promise.all(Array.from({ length: STRANGERS }, connect));
  const silent = await connect();
  child.kill('SIGSTOP');
  await until(() => processState(child.pid ?? 0) === 'T', 'the stop');
  const params = { client_id: 'punctual', client_version: '1', token: under.token };
  const answers = Promise.all(punctual.map((client) => client.request('auth.handshake', params)));
  pong(inside, ping);
  // The time that passes is what is tested: a stopped process has no condition to wait for.
  await delay(BLOCKED_MS);
  child.kill('SIGCONT');
  for (const { result } of await answers) assert.ok(result.session_id);
  for (const client of punctual) await client.settle();
  // The next beat finds it answered; one that had to close it would have done so before this ping.
  const next = await inside.frame((frame) => isPing(frame) && frame.params.seq > ping.params.seq, 'a ping');
  pong(inside, next);
  await inside.settle();
  assert.deepEqual(await silent.closed, { code: 4001, reason: 'Authentication timeout' });
});
