/** Where a gateway may listen, and who else may (protocol section 1). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildConfig } from '../../schemas/config.js';
import { StartError } from '../../server/gateway.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { GatewayProcess } from '../helpers/process.js';
import { askHttp, askUpgrade, RawWebSocket } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

test(`${req('T-address', 'T-auth-window')} without a configuration it is port 18789 of loopback, and 5 seconds`, () => {
  const { gateway } = buildConfig(new Map());
  assert.equal(gateway.host, '127.0.0.1');
  assert.equal(gateway.port, 18789);
  assert.equal(gateway.auth_timeout, 5);
});

test(`${req('P1-port-taken')} a second gateway on the same port is refused, and the first goes on`, async (t) => {
  const first = await startTestGateway(t);
  const client = await first.login();
  await assert.rejects(startTestGateway(t, { flags: { 'gateway.port': `${first.port}` } }), (error) => {
    assert.ok(error instanceof StartError);
    assert.equal(
      error.message,
      `Something already listens on 127.0.0.1:${first.port}, perhaps another gateway; stop it or choose another --port.`,
    );
    return true;
  });
  await client.settle();
});

test(`${req('P1-home-taken')} a second gateway in the same home is refused, and the first goes on`, async (t) => {
  const first = await startTestGateway(t);
  const client = await first.login();
  await assert.rejects(startTestGateway(t, { homeDir: first.home.dir }), (error) => {
    assert.ok(error instanceof StartError);
    assert.ok(error.message.startsWith(`Another gateway is running in ${first.home.dir};`), error.message);
    return true;
  });
  await client.settle();
  const after = await first.restart();
  await after.login();
});

test(`${req('P1-port-taken')} a start that failed has left nothing behind`, async (t) => {
  const first = await startTestGateway(t);
  const homeDir = temporaryFolder(t);
  await assert.rejects(startTestGateway(t, { homeDir, flags: { 'gateway.port': `${first.port}` } }));
  await (await startTestGateway(t, { homeDir })).login();
});

test(`${req('P1-home-taken', 'P1-lock-dies')} the lock holds between processes and dies with its own`, async (t) => {
  const homeDir = temporaryFolder(t);
  const first = new GatewayProcess(t, { homeDir });
  await first.port();
  await assert.rejects(startTestGateway(t, { homeDir }), /^StartError: Another gateway is running in /);
  const second = new GatewayProcess(t, { homeDir });
  assert.equal(await second.exited, 1);
  assert.match(second.stderr, /Another gateway is running in .*; stop it, or set OPENCLAW_HOME/);

  first.child.kill('SIGKILL');
  assert.equal(await first.exited, 'SIGKILL');
  await (await startTestGateway(t, { homeDir })).login();
});

test(`${req('P1-non-loopback')} an address of the network needs TLS, or insecure said aloud`, async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'gateway.example.org', '127.0.0.1.example.org']) {
    await assert.rejects(startTestGateway(t, { config: `[gateway]\nhost = "${host}"\n` }), (error) => {
      assert.ok(error instanceof StartError);
      assert.equal(
        error.message,
        `${host} is reachable from other machines and TLS is off: set gateway.tls.enabled with a certificate, or gateway.insecure = true where something else encrypts.`,
      );
      return true;
    });
  }
  const open = await startTestGateway(t, { config: '[gateway]\nhost = "0.0.0.0"\ninsecure = true\n' });
  assert.equal((await askUpgrade(t, open.port)).status, 101);
});

test(`${req('P1-host')} on every address it serves its own addresses and no other name`, async (t) => {
  const { port } = await startTestGateway(t, { config: '[gateway]\nhost = "0.0.0.0"\ninsecure = true\n' });
  const ask = async (host: string) => (await askHttp(t, port, { headers: [['Host', host]] })).status;
  assert.equal(await ask(`127.0.0.1:${port}`), 200);
  assert.equal(await ask('localhost'), 200);
  assert.equal(await ask('evil.example'), 421);
});

const CAN_LIMIT = process.platform === 'linux' && spawnSync('/bin/sh', ['-c', 'ulimit -n 512']).status === 0;

test(`${req('P1-descriptors')} connections stay 256 below the descriptor limit`, {
  skip: CAN_LIMIT ? false : 'needs `ulimit -n` of Linux',
}, async (t) => {
  const gateway = new GatewayProcess(t, { homeDir: temporaryFolder(t), descriptors: 261 });
  const port = await gateway.port();
  for (let open = 0; open < 5; open++) await RawWebSocket.open(t, port);
  const refused = await askUpgrade(t, port);
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? 'none', /^[1-9]\d*$/);
});
