/** A gateway behind the Caddy of the compose file, which runs here under another port and without a certificate. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import WebSocket from 'ws';
import { CONFIG_OPTIONS } from '../../schemas/config.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { freePort } from '../helpers/system.js';
import { ROOT, type Tree } from './helm.js';

const FILE = join(ROOT, 'deploy', 'compose', 'Caddyfile');
const DOMAIN = 'chat.example.org';
const UPSTREAM = `gateway:${CONFIG_OPTIONS['gateway.port'].default}`;

const skip: string | false =
  spawnSync('caddy', ['version']).error === undefined
    ? false
    : 'caddy is not on this machine: install Debian’s package of that name to have its file checked';

const environment = (t: TestContext, domain: string) => ({
  PATH: process.env.PATH,
  HOME: temporaryFolder(t),
  OPENCLAW_DOMAIN: domain,
});

test('Caddy takes its file, and passes everything under the name to the gateway', { skip }, (t) => {
  const { status, stdout, stderr } = spawnSync('caddy', ['adapt', '--validate', '--config', FILE], {
    encoding: 'utf8',
    env: environment(t, DOMAIN),
  });
  assert.equal(status, 0, stderr);
  const servers = Object.values((JSON.parse(stdout) as Tree).apps.http.servers as Tree);
  const served = servers.find(({ listen }) => listen.includes(':443'));
  assert.deepEqual(served?.routes[0].match, [{ host: [DOMAIN] }]);
  assert.match(JSON.stringify(served), new RegExp(`"dial":"${UPSTREAM}"`));
  assert.equal((JSON.parse(stdout) as Tree).admin.disabled, true);
});

/** Starts it on loopback in front of a gateway, for pages of the domain over plain HTTP. @returns its port */
const startCaddy = async (t: TestContext, gatewayPort: number): Promise<number> => {
  const [port, healthPort] = [await freePort(), await freePort()];
  const text = readFileSync(FILE, 'utf8')
    .replace('admin off', 'admin off\n\tdefault_bind 127.0.0.1')
    .replace(UPSTREAM, `127.0.0.1:${gatewayPort}`)
    .replace('127.0.0.1:2020', `127.0.0.1:${healthPort}`);
  const file = join(temporaryFolder(t), 'Caddyfile');
  writeFileSync(file, text);
  const child = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: environment(t, `http://${DOMAIN}:${port}`),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  atEnd(t, async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    if (line.includes('serving initial configuration')) {
      child.stderr.resume();
      assert.equal((await fetch(`http://127.0.0.1:${healthPort}/`)).status, 200);
      return port;
    }
  }
  throw new Error(`caddy does not start: ${said.join('\n')}`);
};

/** What becomes of a WebSocket from a page: `open`, or the status that refuses it. */
const outcomeOf = async (t: TestContext, port: number, headers: Record<string, string>): Promise<string> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
    headers: { host: DOMAIN, ...headers },
    perMessageDeflate: false,
  });
  atEnd(t, () => socket.terminate());
  const refused = once(socket, 'unexpected-response').then(([, response]) => String(response.statusCode));
  return Promise.race([once(socket, 'open').then(() => 'open'), refused]);
};

test('a WebSocket through Caddy is one from its own address, whatever it says of itself', {
  skip,
}, async (t) => {
  const { port: gatewayPort } = await startTestGateway(t, {
    config: `
[gateway]
allowed_hosts = ["${DOMAIN}"]
allowed_origins = ["https://${DOMAIN}"]
trusted_proxies = ["127.0.0.1"]
max_connections_per_ip = 2
`,
  });
  const port = await startCaddy(t, gatewayPort);
  const page = { origin: `https://${DOMAIN}` };
  assert.equal(await outcomeOf(t, port, { origin: 'https://stranger.example' }), '403');
  assert.equal(await outcomeOf(t, port, page), 'open');
  // Each would be an address of its own, were it believed.
  assert.equal(await outcomeOf(t, port, { ...page, 'x-forwarded-for': '203.0.113.1' }), 'open');
  assert.equal(await outcomeOf(t, port, { ...page, 'x-forwarded-for': '203.0.113.2' }), '429');
});
