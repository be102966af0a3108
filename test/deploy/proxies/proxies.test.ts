/** Real proxies with the shipped configuration, in front of a real gateway with the shipped one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { resolveHome } from '../../../server/config/home.js';
import { loadConfig } from '../../../server/config/load.js';
import { HAS_OPENSSL } from '../../helpers/certificate.js';
import { Client, type Json } from '../../helpers/client.js';
import { atEnd, type GatewayUnderTest, startTestGateway } from '../../helpers/gateway.js';
import { proxyHeader } from '../../helpers/proxy-header.js';
import { askHttp, askUpgrade, type HttpQuestion, RawWebSocket } from '../../helpers/raw-socket.js';
import { NO_PROC, until } from '../../helpers/system.js';
import { ROOT, shipped } from '../shipped.js';
import { HOST, KINDS, type Kind, startProxyServer, type Variant } from './proxies.js';

/** From many addresses of loopback, of which other systems have one. */
const skip = (kind: Kind): string | false => kind.skip || NO_PROC || (HAS_OPENSSL ? false : 'needs openssl');

const start = async (
  t: TestContext,
  kind: Kind,
  { keys = '', variant = {} }: { keys?: string; variant?: Variant } = {},
): Promise<{ under: GatewayUnderTest; port: number; httpPort: number; open: () => Promise<Client> }> => {
  const under = await startTestGateway(t, { config: `${shipped('behind-a-proxy.toml')}${keys}` });
  const { port, httpPort } = await startProxyServer(t, kind, under, variant);
  const question: HttpQuestion = { tls: true, headers: [['Host', HOST]] };
  // HAProxy asks the gateway for its health first.
  await until(async () => (await askHttp(t, port, question)).status === 200, 'the page');
  const open = async (): Promise<Client> => {
    const client = new Client(`wss://127.0.0.1:${port}`, { Host: HOST, Origin: `https://${HOST}` });
    atEnd(t, () => client.terminate());
    await client.opened;
    return client;
  };
  return { under, port, httpPort, open };
};

const login = async (client: Client, { token }: GatewayUnderTest): Promise<Client> => {
  await client.call('auth.handshake', { client_id: 'c', client_version: '1', token });
  return client;
};

for (const kind of KINDS) {
  test(`${kind.name}: a conversation, the page, and nothing of what is for operators`, {
    skip: skip(kind),
  }, async (t) => {
    const { under, port, httpPort, open } = await start(t, kind);
    const client = await login(await open(), under);
    const { message_id } = await client.call('chat.send', { message: 'Hello' });
    await client.complete(message_id);
    assert.match(client.streamed(message_id), /You said: Hello$/);

    const ask = (path: string) => askHttp(t, port, { tls: true, path, headers: [['Host', HOST]] });
    const page = await ask('/');
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.equal(page.headers.get('strict-transport-security'), 'max-age=31536000');
    assert.ok(page.headers.get('content-security-policy'));
    for (const path of ['/metrics', '/readyz', '/healthz']) assert.equal((await ask(path)).status, 404, path);
    assert.equal(
      (
        await askUpgrade(t, port, {
          tls: true,
          headers: [
            ['Host', HOST],
            ['Origin', 'https://evil.example'],
          ],
        })
      ).status,
      403,
    );
    if (kind.name === 'Caddy') return;
    const plain = await askHttp(t, httpPort, { path: '/here', headers: [['Host', HOST]] });
    assert.deepEqual([plain.status, plain.headers.get('location')], [301, `https://${HOST}/here`]);
  });

  test(`${kind.name}: close codes come through, either way`, { skip: skip(kind) }, async (t) => {
    const { under, open } = await start(t, kind, { keys: 'auth_timeout = 1\n' });
    assert.deepEqual(await (await open()).closed, { code: 4001, reason: 'Authentication timeout' });
    const broken = await login(await open(), under);
    broken.send('no JSON');
    assert.equal((await broken.closed).code, 1002);
    const leaving = await login(await open(), under);
    leaving.socket.close(1000, 'bye');
    assert.equal((await leaving.closed).code, 1000);
    const last = await login(await open(), under);
    void under.gateway.close();
    assert.equal((await last.closed).code, 1001);
  });

  test(`${kind.name}: whoever only answers pings stays for as long as he likes`, {
    skip: skip(kind),
  }, async (t) => {
    const idleSeconds = 3;
    const { under, open } = await start(t, kind, {
      keys: 'heartbeat_interval = 1\n',
      variant: { idleSeconds },
    });
    const client = await login(await open(), under);
    const beganMs = performance.now();
    let seq = -1;
    while (performance.now() - beganMs < 2500 * idleSeconds) {
      const { params }: Json = await client.frame(
        ({ method, params }) => method === 'heartbeat.ping' && params.seq > seq,
        'a ping',
      );
      seq = params.seq;
      client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq } });
    }
    await client.settle();
  });

  test(`${kind.name}: limits by address are its clients’, whatever these say`, {
    skip: skip(kind),
  }, async (t) => {
    const { under, port } = await start(t, kind, { keys: 'max_connections_per_ip = 1\n' });
    const status = async (from: string, headers: HttpQuestion['headers'] = []) =>
      (await askUpgrade(t, port, { tls: true, from, headers: [['Host', HOST], ...headers] })).status;
    const forged = [
      ['X-Forwarded-For', '192.0.2.1'],
      ['X-Real-IP', '192.0.2.1'],
      ['Forwarded', 'for=192.0.2.1'],
    ] as const;
    await RawWebSocket.open(t, port, { tls: true, from: '127.0.0.5', headers: [['Host', HOST]] });
    assert.equal(await status('127.0.0.5'), 429);
    assert.equal(await status('127.0.0.5', forged), 429, 'what a client says of itself is not believed');
    assert.equal(await status('127.0.0.5', [['X-Forwarded-For', '127.0.0.1']]), 429);
    assert.equal(await status('127.0.0.6'), 101, 'another client of the same proxy');
    // Past the proxy nobody is believed, by neither way.
    await RawWebSocket.open(t, under.port, { from: '127.0.0.9' });
    const direct = async (question: HttpQuestion) =>
      (await askUpgrade(t, under.port, { from: '127.0.0.9', ...question })).status;
    assert.equal(await direct({ preamble: proxyHeader('192.0.2.7') }), 429);
    assert.equal(await direct({ headers: forged }), 429);
  });

  test(`${kind.name}: its time-outs are longer than three heartbeats`, () => {
    const { gateway } = loadConfig({ home: resolveHome({ OPENCLAW_HOME: '/nowhere' }), env: {} }).config;
    const found = kind.idleSeconds();
    assert.equal(found.length > 0, kind.name !== 'Caddy', 'Caddy has none');
    for (const seconds of found) {
      assert.ok(
        seconds > 3 * gateway.heartbeat_interval && seconds > gateway.heartbeat_timeout,
        `${seconds}`,
      );
    }
  });
}

test('the page about deployment shows the gateway’s part as it is shipped', () => {
  const text = shipped('behind-a-proxy.toml');
  const page = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
  assert.ok(page.includes(`\`\`\`toml\n${text.slice(text.indexOf('[gateway]'))}\`\`\`\n`));
});

const [, haproxy] = KINDS as [Kind, Kind, Kind];

/**
 * HAProxy sends the header apart from the request, and some builds of the socket library refuse what comes so with 505.
 * What they take counts here, and it must be counted right.
 */
test('HAProxy: limits by address follow the PROXY protocol, too', { skip: skip(haproxy) }, async (t) => {
  const { port } = await start(t, haproxy, {
    keys: 'max_connections_per_ip = 1\n',
    variant: { proxyProtocol: true },
  });
  const status = async (from: string, headers: HttpQuestion['headers'] = []): Promise<number> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await askUpgrade(t, port, { tls: true, from, headers: [['Host', HOST], ...headers] });
      if (answer.status !== 505) return answer.status;
    }
    throw new Error('a hundred connections, and none was taken');
  };
  let inside: RawWebSocket | null = null;
  await until(async () => {
    inside = await RawWebSocket.open(t, port, {
      tls: true,
      from: '127.0.0.5',
      headers: [['Host', HOST]],
    }).catch(() => null);
    return inside !== null;
  }, 'a connection');
  assert.equal(await status('127.0.0.5'), 429);
  assert.equal(await status('127.0.0.5', [['X-Forwarded-For', '192.0.2.1']]), 429);
  assert.equal(await status('127.0.0.6'), 101);
});
