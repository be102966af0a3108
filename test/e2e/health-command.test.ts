import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openHome } from '../../cli/recorded-terminal.js';
import { writeGatewayFile } from '../../server/config/gateway-file.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';

/** A server on loopback; resolves with its address. */
const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const answers = (status: number, body: string): RequestListener => {
  return (_request, response) => response.writeHead(status).end(body);
};

test('a gateway is ready, found by its home, by the configuration and by its address; while it drains it is not', async (t) => {
  const under = await startTestGateway(t, { config: engine(10, { drain_seconds: 5 }) });
  const { operationsUrl } = under.gateway;
  const { run } = openHome(t);
  const here = { env: { OPENCLAW_HOME: under.home.dir } };
  assert.deepEqual(await run(['health'], here), {
    status: 0,
    stdout: 'The gateway is ready.\n',
    stderr: '',
  });
  const elsewhere = { env: { OPENCLAW_METRICS__PORT: new URL(operationsUrl).port } };
  assert.equal((await run(['health'], elsewhere)).stdout, 'The gateway is ready.\n');
  assert.equal((await run(['health', '--live', '--url', operationsUrl])).stdout, 'The gateway is alive.\n');
  const { stdout } = await run(['health', '--json'], here);
  assert.equal(stdout.trimEnd().split('\n').length, 1);
  assert.deepEqual(JSON.parse(stdout), {
    ok: true,
    status: 'ready',
    url: `${operationsUrl}/readyz`,
    parts: { store: 'ok', clients: 'ok' },
  });

  const client = await under.login();
  const { message_id } = await client.call('chat.send', { message: ENDLESS });
  await client.frame(({ method }) => method === 'chat.stream', 'chat.stream');
  const closed = under.gateway.close();
  assert.deepEqual(await run(['health', '--url', operationsUrl]), {
    status: 1,
    stdout: '',
    stderr: 'The gateway is not ready: clients is failing.\n',
  });
  const unready = await run(['health', '--json', '--url', operationsUrl]);
  assert.equal(unready.status, 1);
  assert.equal((JSON.parse(unready.stdout) as { status: string }).status, 'unready');
  assert.equal((await run(['health', '--live', '--url', operationsUrl])).status, 0);
  await client.call('chat.cancel', { message_id });
  await closed;
  const gone = await run(['health', '--url', operationsUrl]);
  assert.deepEqual([gone.status, gone.stdout], [1, '']);
  assert.match(
    gone.stderr,
    /^No gateway answers at http:\/\/127\.0\.0\.1:\d+\/readyz \(ECONNREFUSED\): start one/,
  );
});

test('a degraded gateway can be given work, and the line says what is degraded', async (t) => {
  const { run } = openHome(t);
  const all = '{"status":"degraded","parts":{"store":"ok","reasoning":"degraded"}}';
  const url = await serve(t, answers(200, all));
  assert.deepEqual(await run(['health', '--url', url]), {
    status: 0,
    stdout: 'The gateway is ready, and degraded: reasoning is degraded.\n',
    stderr: '',
  });
  // To whom does not show the token of [metrics] the parts are not shown.
  const some = await serve(t, answers(200, '{"status":"degraded"}'));
  assert.equal((await run(['health', '--url', some])).stdout, 'The gateway is ready, and degraded.\n');
});

test('what is no gateway is none, whatever it answers, and prints nothing of its own', async (t) => {
  const { run } = openHome(t);
  const bodies: readonly (readonly [number, string])[] = [
    [200, 'hello'],
    [200, 'null'],
    [200, '{"status":"unready"}'],
    [503, '{"status":"ready"}'],
    [404, '{"status":"ready"}'],
    [302, ''],
    [200, 'x'.repeat(1_000_000)],
  ];
  for (const [status, body] of bodies) {
    const url = await serve(t, answers(status, body));
    const outcome = await run(['health', '--url', url]);
    assert.deepEqual([outcome.status, outcome.stdout], [1, '']);
    assert.match(outcome.stderr, new RegExp(`\\(HTTP ${status}, and no gateway’s answer\\)`));
  }
  const hostile = JSON.stringify({ status: 'unready', parts: { '\u001b[2J': '\u001b[31m' } });
  const url = await serve(t, answers(503, hostile));
  const { stderr } = await run(['health', '--url', url]);
  assert.equal(stderr.includes('\u001b'), false);
  assert.equal(stderr.trimEnd().split('\n').length, 1);
});

test('where none runs and the port may be any, where the configuration is wrong, and a secret in the address, it says so', async (t) => {
  const { home, run } = openHome(t);
  const any = await run(['health'], { env: { OPENCLAW_METRICS__PORT: '0' } });
  assert.equal(any.status, 1);
  assert.match(any.stderr, /^No gateway runs here, and metrics\.port is 0/);
  const wrong = await run(['health'], { env: { OPENCLAW_METRICS__PORT: 'x' } });
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /^OPENCLAW_METRICS__PORT: /);
  for (const url of [
    'ws://127.0.0.1:1',
    'nonsense',
    'http://me:canary@127.0.0.1:1',
    'http://127.0.0.1:1/?canary',
  ]) {
    const refused = await run(['health', '--url', url]);
    assert.equal(refused.status, 2);
    assert.equal(refused.stderr.includes('canary'), false);
  }
  // One that listens on every address is asked on this machine.
  const url = await serve(t, answers(200, '{"status":"ready"}'));
  writeGatewayFile(join(home, 'gateway.json'), {
    pid: process.pid,
    url: 'ws://0.0.0.0:1',
    operationsUrl: url.replace('127.0.0.1', '0.0.0.0'),
  });
  assert.equal(
    (JSON.parse((await run(['health', '--json'])).stdout) as { url: string }).url,
    `${url}/readyz`,
  );
});
