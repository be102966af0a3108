/** The gateway itself stands still for a while: what had arrived in time was in time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { NO_PROC, processState, until } from '../helpers/system.js';

const AUTH_TIMEOUT_SECONDS = 1;
const STRANGERS = 50;

test('a loop that was blocked for longer than auth_timeout closes nobody whose handshake was there in time', {
  skip: NO_PROC,
}, async (t) => {
  const under = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: engine(0, { auth_timeout: AUTH_TIMEOUT_SECONDS }),
  });
  const { child } = under.process;
  const connect = async (): Promise<Client> => {
    const client = new Client(under.url);
    atEnd(t, () => client.terminate());
    await client.opened;
    return client;
  };
  const punctual = await Promise.all(Array.from({ length: STRANGERS }, connect));
  const silent = await connect();
  child.kill('SIGSTOP');
  await until(() => processState(child.pid ?? 0) === 'T', 'the stop');
  const params = { client_id: 'punctual', client_version: '1', token: under.token };
  const answers = Promise.all(punctual.map((client) => client.request('auth.handshake', params)));
  // The time that passes is what is tested: a stopped process has no condition to wait for.
  await delay(2 * AUTH_TIMEOUT_SECONDS * 1000);
  child.kill('SIGCONT');
  for (const { result } of await answers) assert.ok(result.session_id);
  for (const client of punctual) await client.settle();
  assert.deepEqual(await silent.closed, { code: 4001, reason: 'Authentication timeout' });
});
