/** `gateway.trusted_proxies`: whose word on the address of a client is taken. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { ConfigError } from '../../server/config/errors.js';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { type GatewayUnderTest, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { proxyBytes, proxyHeader } from '../helpers/proxy-header.js';
import {
  answersUntilEnd,
  askHttp,
  askUpgrade,
  type HttpQuestion,
  RawWebSocket,
  requestBytes,
  SilentSocket,
  UPGRADE_HEADERS,
} from '../helpers/raw-socket.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

/** Only Linux answers on all of 127.0.0.0/8 without being asked to. */
const OTHER_ADDRESS =
  process.platform === 'linux' ? false : 'needs a second loopback address, which only Linux has';
const LINUX = { skip: OTHER_ADDRESS };
const LINUX_AND_OPENSSL = {
  skip: OTHER_ADDRESS || (HAS_OPENSSL ? false : 'needs the openssl program to make certificates'),
};

const PROXY = '127.0.0.2';
const OTHER_PROXY = '127.0.0.3';
/** One connection from each address. */
const CONFIG = `[gateway]\ntrusted_proxies = ["${PROXY}", "${OTHER_PROXY}/32"]\nmax_connections_per_ip = 1\n`;

const forwarded = (...lines: readonly string[]): HttpQuestion => ({
  headers: lines.map((line) => ['X-Forwarded-For', line] as const),
});
const proxied = (source: string): HttpQuestion => ({ preamble: proxyHeader(source) });

/** The status of an upgrade: 429 where its address has its one connection already. */
const statusOf = async (t: TestContext, { port }: GatewayUnderTest, question: HttpQuestion) =>
  (await askUpgrade(t, port, question)).status;

/** Its address has a place, once who left a moment ago is noticed to have: the next may come to another thread. */
const comesIn = (t: TestContext, under: GatewayUnderTest, question: HttpQuestion) =>
  until(async () => (await statusOf(t, under, question)) === 101, 'a place');

test(`${req('P1-trusted-proxies')} by default nobody is believed`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_connections_per_ip = 1\n' });
  await RawWebSocket.open(t, under.port, forwarded('192.0.2.1'));
  for (const forged of [forwarded('192.0.2.2'), proxied('192.0.2.3'), {}]) {
    assert.equal(await statusOf(t, under, forged), 429);
  }
});

test(`${req('P1-trusted-proxies')} what a stranger forges changes nothing`, LINUX, async (t) => {
  const under = await startTestGateway(t, { config: CONFIG });
  await RawWebSocket.open(t, under.port, proxied('192.0.2.1'));
  for (const forged of [
    forwarded('192.0.2.2'),
    forwarded(PROXY),
    proxied('192.0.2.3'),
    proxied(PROXY),
    { ...proxied(PROXY), ...forwarded('192.0.2.4') },
  ]) {
    assert.equal(await statusOf(t, under, forged), 429);
    await comesIn(t, under, { ...forged, from: '127.0.0.9' });
  }
  // Nor has it taken the place of whom it named.
  await comesIn(t, under, { ...proxied('192.0.2.1'), from: PROXY });
});

for (const [way, client] of [
  ['X-Forwarded-For', forwarded],
  ['PROXY protocol', proxied],
] as const) {
  test(
    `${req('P1-trusted-proxies')} behind a proxy each client has its own places: ${way}`,
    LINUX,
    async (t) => {
      const under = await startTestGateway(t, { config: CONFIG });
      for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8::1']) {
        await RawWebSocket.open(t, under.port, { ...client(address), from: PROXY });
        for (const from of [PROXY, OTHER_PROXY]) {
          assert.equal(await statusOf(t, under, { ...client(address), from }), 429, address);
        }
      }
      // IPv6 counts by /64, and an IPv4 address is itself however it is written.
      assert.equal(await statusOf(t, under, { ...client('2001:db8::2'), from: PROXY }), 429);
      assert.equal(await statusOf(t, under, { ...client('::ffff:c000:201'), from: PROXY }), 429);
      await comesIn(t, under, { ...client('2001:db8:0:1::1'), from: PROXY });
      // The proxy's own connections are its own.
      await RawWebSocket.open(t, under.port, { from: PROXY });
      assert.equal(await statusOf(t, under, { from: PROXY }), 429);
      await comesIn(t, under, { ...client('192.0.2.3'), from: PROXY });
    },
  );
}

test(`${req('P1-trusted-proxies')} of a list the nearest that is not trusted counts`, LINUX, async (t) => {
  const under = await startTestGateway(t, { config: CONFIG });
  await RawWebSocket.open(t, under.port, { ...forwarded('192.0.2.1'), from: PROXY });
  const same = [
    forwarded('198.51.100.1, 192.0.2.1'),
    forwarded('198.51.100.1', '192.0.2.1'),
    forwarded(`192.0.2.1, ${OTHER_PROXY}`),
    forwarded('unknown, 192.0.2.1', OTHER_PROXY),
    { ...forwarded('192.0.2.1'), ...proxied(OTHER_PROXY) },
  ];
  for (const question of same) assert.equal(await statusOf(t, under, { ...question, from: PROXY }), 429);
  const free = [
    forwarded('192.0.2.1, 198.51.100.1'),
    forwarded('192.0.2.1, unknown'),
    { ...forwarded('192.0.2.1'), ...proxied('198.51.100.1') },
  ];
  for (const question of free) await comesIn(t, under, { ...question, from: PROXY });
});

test(
  `${req('P1-trusted-proxies')} a second PROXY header on a connection, by its client, names nobody`,
  LINUX,
  async (t) => {
    const under = await startTestGateway(t, { config: CONFIG });
    const { port } = under;
    await RawWebSocket.open(t, port, { ...proxied('192.0.2.1'), from: PROXY });
    const host = ['Host', `127.0.0.1:${port}`] as const;
    const upgrade = { headers: [host, ...UPGRADE_HEADERS], ...proxied('192.0.2.2') };
    const firsts: readonly HttpQuestion[] = [
      { headers: [host] },
      { headers: [host], path: '/nothing' },
      { headers: [host], method: 'POST' },
      { headers: [['Host', 'evil.example'], ...UPGRADE_HEADERS] },
      { headers: [host, ...UPGRADE_HEADERS] },
    ];
    for (const first of firsts) {
      const begun = requestBytes({ ...first, ...proxied('192.0.2.1') });
      // Alone it is answered, as the last on its connection.
      const alone = await answersUntilEnd(t, port, begun, { from: PROXY });
      assert.equal(alone.length, 1);
      assert.equal(alone[0]?.headers.get('connection'), 'close');
      const both = Buffer.concat([begun, requestBytes(upgrade)]);
      const statuses = (await answersUntilEnd(t, port, both, { from: PROXY })).map(({ status }) => status);
      assert.ok(!statuses.includes(101), `${statuses}`);
    }
  },
);

test(
  `${req('P1-trusted-proxies', 'P3-throttle')} failed tokens are throttled by the client's address`,
  LINUX,
  async (t) => {
    const under = await startTestGateway(t, { config: `[gateway]\ntrusted_proxies = ["${PROXY}"]\n` });
    const fail = async (address: string) => {
      const raw = await RawWebSocket.open(t, under.port, { ...forwarded(address), from: PROXY });
      const params = { client_id: 'c', client_version: '1', token: 'oc_user_wrong' };
      const attempts = [1, 2, 3].map((id) => ({ jsonrpc: '2.0', method: 'auth.handshake', params, id }));
      raw.write(...attempts);
      return (await raw.answers(3)).map(({ error }) => error.data?.retry_after_ms !== undefined);
    };
    const unseen: boolean[] = [];
    for (let at = 0; at < 4; at++) unseen.push(...(await fail('192.0.2.1')));
    assert.deepEqual(unseen.lastIndexOf(false), 9, 'the first ten are judged');
    assert.deepEqual(await fail('192.0.2.2'), [false, false, false]);
  },
);

test(
  `${req('P1-trusted-proxies')} silent connections of a proxy take no places of an address`,
  LINUX,
  async (t) => {
    const config = `[gateway]\ntrusted_proxies = ["${PROXY}"]\nmax_connections_per_ip = 2\nmax_unauthenticated_per_ip = 2\n`;
    const under = await startTestGateway(t, { config });
    await Promise.all(Array.from({ length: 20 }, () => SilentSocket.open(t, under.port, { from: PROXY })));
    for (const question of [{}, forwarded('192.0.2.1'), proxied('192.0.2.2')]) {
      await comesIn(t, under, { ...question, from: PROXY });
    }
  },
);

test(
  `${req('P1-trusted-proxies', 'P1-limits-freed')} spoiled PROXY headers hurt nobody`,
  LINUX,
  async (t) => {
    const config = `[gateway]\ntrusted_proxies = ["${PROXY}"]\nmax_unauthenticated = 20\n\n[gateway.rate_limit]\nenabled = false\n`;
    const under = await startTestGateway(t, { config });
    const inside = await under.login();
    const v4 = Buffer.from([192, 0, 2, 1, 127, 0, 0, 1, 0, 1, 0, 2]);
    const spoiled = [
      proxyBytes(v4).subarray(0, 15),
      proxyBytes(v4, { command: 0x11 }),
      proxyBytes(v4, { length: 65_535 }),
      proxyBytes(Buffer.alloc(216, 0xff), { family: 0x31 }),
      proxyBytes(Buffer.alloc(0), { family: 0x21 }),
      proxyBytes(v4, { family: 0x41 }),
      proxyBytes(Buffer.alloc(70_000, 0x41), { length: 65_535 }),
      Buffer.concat([proxyHeader('192.0.2.1'), proxyHeader('192.0.2.2')]),
      Buffer.from('\r\n\r\n\0\r\nQUIT\r', 'latin1'),
      Buffer.from('PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n'),
    ];
    const request = requestBytes({ headers: [['Host', `127.0.0.1:${under.port}`]] });
    for (const from of ['127.0.0.1', PROXY]) {
      for (const bytes of spoiled) {
        const { socket } = await SilentSocket.open(t, under.port, { from });
        socket.write(Buffer.concat([bytes, request]));
        await inside.settle();
        socket.destroy();
      }
    }
    // As many as strangers may be have come and gone: no place stays taken.
    await until(async () => (await statusOf(t, under, {}).catch(() => 0)) === 101, 'a place');
    await inside.settle();
  },
);

test(
  `${req('P1-trusted-proxies', 'P1-host', 'P1-origin')} what else a proxy forwards is not believed`,
  LINUX,
  async (t) => {
    const under = await startTestGateway(t, { config: CONFIG });
    const own = `127.0.0.1:${under.port}`;
    const claims = [
      ['X-Forwarded-For', '192.0.2.1'],
      ['X-Forwarded-Host', own],
      ['X-Forwarded-Proto', 'https'],
      ['Forwarded', `for=192.0.2.9;host="${own}";proto=https`],
      ['X-Real-IP', '192.0.2.9'],
    ] as const;
    const ask = (headers: HttpQuestion['headers'] = []) =>
      statusOf(t, under, { from: PROXY, headers: [...claims, ...headers] });
    assert.equal(await ask([['Host', 'evil.example']]), 421);
    assert.equal(await ask([['Origin', `https://${own}`]]), 403);
    await RawWebSocket.open(t, under.port, { ...forwarded('192.0.2.1'), from: PROXY });
    assert.equal(await ask(), 429);
  },
);

test(`${req('P1-trusted-proxies')} with TLS it is X-Forwarded-For alone`, LINUX_AND_OPENSSL, async (t) => {
  const config = `${CONFIG}\n${tlsConfig(makeCertificate(temporaryFolder(t)))}`;
  const under = await startTestGateway(t, { config });
  await RawWebSocket.open(t, under.port, { ...forwarded('192.0.2.1'), from: PROXY, tls: true });
  const status = (question: HttpQuestion) => statusOf(t, under, { from: PROXY, tls: true, ...question });
  assert.equal(await status(forwarded('192.0.2.1')), 429);
  assert.equal(await status(forwarded('192.0.2.2')), 101);
  assert.equal(await status({ ...forwarded('192.0.2.2'), from: '127.0.0.9' }), 101);
  // A proxy's header stands ahead of the TLS handshake; one within is by the client of a proxy that passes TLS on.
  assert.equal(await status({ ...proxied('192.0.2.3'), ...forwarded('192.0.2.1') }), 429);
  await RawWebSocket.open(t, under.port, { ...proxied('192.0.2.3'), from: PROXY, tls: true });
  assert.equal(await status(proxied('192.0.2.4')), 429);
  await assert.rejects(askHttp(t, under.port, { ...proxied('192.0.2.1'), from: PROXY }), /ended before/);
});

test(
  `${req('P1-trusted-proxies', 'P8-reload', 'P8-bad-value')} the list is checked, and a reload takes it`,
  LINUX,
  async (t) => {
    const under = await startTestGateway(t, { config: '[gateway]\nmax_connections_per_ip = 1\n' });
    const client = await under.login();
    const open = (address: string) => statusOf(t, under, { ...forwarded(address), from: PROXY });
    await RawWebSocket.open(t, under.port, { from: PROXY });
    assert.equal(await open('192.0.2.1'), 429);
    const write = (list: string) =>
      writeFileSync(
        under.home.configFile,
        `[gateway]\nmax_connections_per_ip = 1\ntrusted_proxies = ${list}\n`,
      );
    write(`["127.0.0.0/30"]`);
    assert.deepEqual((await client.call('system.reload')).changed, ['gateway.trusted_proxies']);
    assert.equal(await open('192.0.2.1'), 101);

    for (const bad of ['"10.0.0.0/33"', '"10.0.0.256"', '"proxy.example.org"', '"::/129"', '""']) {
      write(`[${bad}]`);
      const { error } = await client.request('system.reload');
      assert.match(error.data.reason, /config\.toml:3: gateway\.trusted_proxies must/, bad);
    }
    assert.equal(await open('192.0.2.1'), 101);
    const start = startTestGateway(t, { config: '[gateway]\ntrusted_proxies = ["10.0.0.0/33"]\n' });
    await assert.rejects(start, (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(
        error.message,
        /config\.toml:2: gateway\.trusted_proxies must hold IP addresses or ranges such as "10\.0\.0\.0\/8", but holds "10\.0\.0\.0\/33"\.$/,
      );
      return true;
    });
  },
);
