/** A gateway that runs with the configuration of the chart, on a volume as it may be in a cluster. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../helpers/gateway.js';
import { GatewayProcess } from '../helpers/process.js';
import { freePort } from '../helpers/system.js';
import { NO_HELM, type Rendered, render } from './helm.js';

/** Status of a request that names a host, and perhaps a page’s origin. */
const statusOf = (port: number, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
};

const openUpgrade = (port: number, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, headers: { ...UPGRADE, ...headers }, agent: false });
    asked.once('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once('error', reject).end();
  });

const startWith = async (t: TestContext, rendered: Rendered) => {
  const volume = temporaryFolder(t);
  // As some kinds of storage hand it over.
  chmodSync(volume, 0o777);
  const file = join(temporaryFolder(t), 'config.toml');
  writeFileSync(file, rendered.configToml);
  const metricsPort = await freePort();
  const gateway = new GatewayProcess(t, {
    homeDir: join(volume, 'home'),
    args: ['--config', file],
    metricsPort,
  });
  return { gateway, metricsPort, port: await gateway.port() };
};

test('a gateway starts with its configuration, and answers probes, the Service and the page', {
  skip: NO_HELM,
}, async (t) => {
  const rendered = await render({
    // What is for this machine alone does not answer to the pod’s address.
    config: { gateway: { host: '127.0.0.1' } },
    ingress: {
      enabled: true,
      hosts: ['chat.example.org'],
      tls: [{ hosts: ['chat.example.org'], secretName: 's' }],
    },
  });
  const { gateway, port, metricsPort } = await startWith(t, rendered);
  const { startupProbe, livenessProbe, readinessProbe } = rendered.container;
  for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
    assert.equal(httpGet.port, 'metrics');
    // The kubelet asks for the pod’s address.
    assert.equal(await statusOf(metricsPort, httpGet.path, { host: '10.244.0.7:18790' }), 200, httpGet.path);
  }
  const [{ path }] = (await render({ serviceMonitor: { enabled: true } })).one('ServiceMonitor').spec
    .endpoints;
  assert.equal(await statusOf(metricsPort, path, { host: '10.244.0.7:18790' }), 200);
  for (const host of [
    'gw-openclaw-gateway:18789',
    'gw-openclaw-gateway.agents.svc:18789',
    'chat.example.org',
  ]) {
    assert.equal(await statusOf(port, '/', { host }), 200, host);
  }
  assert.equal(await statusOf(port, '/', { host: 'stranger.example' }), 421);
  const page = { host: 'chat.example.org', origin: 'https://chat.example.org' };
  assert.equal(await openUpgrade(port, page), 101);
  assert.equal(await openUpgrade(port, { ...page, origin: 'https://stranger.example' }), 403);
  gateway.child.kill('SIGTERM');
  assert.equal(await gateway.exited, 0);
});
