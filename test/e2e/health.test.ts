import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDLESS, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';

const ask = async (url: string): Promise<[status: number, body: unknown]> => {
  const response = await fetch(url);
  return [response.status, await response.json()];
};

test('a gateway is alive and ready, and unready before it stops', async (t) => {
  const under = await startTestGateway(t, { config: engine(10, { drain_seconds: 5 }) });
  const { operationsUrl } = under.gateway;
  assert.deepEqual(await ask(`${operationsUrl}/healthz`), [200, { status: 'alive' }]);
  assert.deepEqual(await ask(`${operationsUrl}/readyz`), [
    200,
    { status: 'ready', parts: { store: 'ok', clients: 'ok' } },
  ]);
  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(({ method }) => method === 'chat.stream', 'chat.stream');
  const closed = under.gateway.close();
  assert.deepEqual(await ask(`${operationsUrl}/readyz`), [
    503,
    { status: 'unready', parts: { store: 'ok', clients: 'failing' } },
  ]);
  assert.deepEqual(await ask(`${operationsUrl}/healthz`), [200, { status: 'alive' }], 'while it drains');
  await client.call('chat.cancel', { message_id });
  await closed;
  await assert.rejects(fetch(`${operationsUrl}/healthz`), 'gone with the gateway');
});
