/** The opening handshake of RFC 6455 as the gateway keeps it; titles are to be read as in `rfc6455.test.ts`. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';
import { askHttp, UPGRADE_HEADERS } from '../helpers/raw-socket.js';

/** The answer to an upgrade whose headers are those of section 4.1, but for the one that is changed. */
const upgradeWith = (t: TestContext, port: number, name: string, value: string | null) =>
  askHttp(t, port, {
    headers: [
      ['Host', `127.0.0.1:${port}`],
      ...UPGRADE_HEADERS.flatMap(([known, usual]) => {
        if (known !== name) return [[known, usual] as const];
        return value === null ? [] : [[known, value] as const];
      }),
    ],
  });

test('section 4.2.2: the key is answered as in the example of the RFC', async (t) => {
  const { port } = await startTestGateway(t);
  const { status, headers } = await upgradeWith(t, port, 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==');
  assert.equal(status, 101);
  assert.equal(headers.get('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  assert.equal(headers.get('upgrade')?.toLowerCase(), 'websocket');
  assert.equal(headers.get('connection')?.toLowerCase(), 'upgrade');
  assert.equal(headers.has('sec-websocket-extensions'), false);
});

/** The statuses that several values of one header get. */
const statusesWith = async (t: TestContext, name: string, values: readonly (string | null)[]) => {
  const { port } = await startTestGateway(t);
  const statuses: number[] = [];
  for (const value of values) statuses.push((await upgradeWith(t, port, name, value)).status);
  return statuses;
};

test('section 4.4: another version is told the one that is spoken', async (t) => {
  const { port } = await startTestGateway(t);
  for (const version of ['8', '14', '13, 8', 'x', null]) {
    const { status, headers } = await upgradeWith(t, port, 'Sec-WebSocket-Version', version);
    assert.deepEqual([status, headers.get('sec-websocket-version')], [426, '13'], `${version}`);
  }
});

test('section 4.2.1: deviates: without a key of 24 characters it is an ordinary GET, not a 400', async (t) => {
  const keys = [null, '', 'short', 'dGhlIHNhbXBsZSBub25jZQ==x'];
  assert.deepEqual(await statusesWith(t, 'Sec-WebSocket-Key', keys), [200, 200, 200, 200]);
});

test('section 4.2.1: deviates: a key makes it an upgrade, whatever Upgrade and Connection say', async (t) => {
  assert.deepEqual(await statusesWith(t, 'Upgrade', [null, 'h2c', 'WebSocket']), [101, 101, 101]);
  assert.deepEqual(await statusesWith(t, 'Connection', [null, 'keep-alive']), [101, 101]);
});
