/** The web UI's files over HTTP: what is there, in which coding, what a browser may keep, and what it is told to forbid. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { CAN_SHARE_PORT } from '../../server/socket/port.js';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import {
  atEnd,
  type GatewayUnderTest,
  startTestGateway,
  type TestGatewayOptions,
  temporaryFolder,
} from '../helpers/gateway.js';
import { proxyHeader } from '../helpers/proxy-header.js';
import { answersUntilEnd, askHttp, requestBytes } from '../helpers/raw-socket.js';
import { FIXTURE, webFolder } from '../helpers/web-folder.js';
import { req } from './requirements.js';

const SCRIPT = '/assets/index-Deadbeef.js';
const NEEDS_OPENSSL = { skip: HAS_OPENSSL ? false : 'needs the openssl program to make certificates' };

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** Asks one thing after the other, all on one connection. */
type Ask = (question?: Question) => Promise<Answer>;

const asker = (t: TestContext, port: number, tls = false): Ask => {
  const options = { keepAlive: true, maxSockets: 1 };
  const agent = tls ? new SecureAgent({ ...options, rejectUnauthorized: false }) : new Agent(options);
  atEnd(t, () => agent.destroy());
  return async ({ path = '/', method = 'GET', headers = {} } = {}) => {
    const to = { host: '127.0.0.1', port, agent, path, method, headers };
    const sent = (tls ? secureRequest(to) : request(to)).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await response.toArray());
    return { status: response.statusCode, headers: response.headers, body };
  };
};

const start = (t: TestContext, options: TestGatewayOptions = {}): Promise<GatewayUnderTest> =>
  startTestGateway(t, { webFolder: webFolder(t), ...options });

const accept = (coding: string): OutgoingHttpHeaders => ({ 'accept-encoding': coding });

test(`${req('P1-web', 'P1-page')} every file of the build is served as it is, and its index for each page`, async (t) => {
  const ask = asker(t, (await start(t)).port);
  const types: Readonly<Record<string, string>> = {
    '/favicon.svg': 'image/svg+xml',
    [SCRIPT]: 'text/javascript; charset=utf-8',
    '/assets/index-C0ffee12.css': 'text/css; charset=utf-8',
    '/assets/empty-00000000.js': 'text/javascript; charset=utf-8',
    '/assets/font-12345678.woff2': 'font/woff2',
  };
  for (const [path, type] of Object.entries(types)) {
    const { status, headers, body } = await ask({ path });
    assert.equal(status, 200, path);
    assert.equal(headers['content-type'], type);
    assert.deepEqual(body, Buffer.from(FIXTURE[path.slice(1)] ?? 'none'), path);
    assert.equal(headers['content-length'], `${body.length}`);
    const kept = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    assert.equal(headers['cache-control'], kept, path);
  }
  for (const path of ['/', '/traffic', '/status', '/?from=bookmark', '/traffic?channel=a']) {
    const { status, headers, body } = await ask({ path });
    assert.equal(status, 200, path);
    assert.equal(body.toString(), FIXTURE['index.html']);
    assert.equal(headers['cache-control'], 'no-cache');
  }
});

test(`${req('P1-web', 'P1-not-found')} nothing else is: neither by another path nor by another method`, async (t) => {
  const ask = asker(t, (await start(t)).port);
  const paths = [
    '/index.html',
    '/.hidden',
    '/assets',
    '/assets/',
    '/traffic/',
    '/Traffic',
    '//',
    `/${SCRIPT}`,
    `${SCRIPT}.br`,
    `${SCRIPT}.gz`,
    `/assets/..${SCRIPT}`,
    '/%61ssets/index-Deadbeef.js',
    '/../server/gateway.js',
    '/%2e%2e/server/gateway.js',
    '/..%2fserver%2fgateway.js',
    '/assets/%00',
    '/__proto__',
    '/constructor',
  ];
  for (const path of paths) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await ask({ path, method });
      assert.equal(status, 404, `${method} ${path}`);
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    }
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    assert.equal((await ask({ path: SCRIPT, method })).status, 404, method);
  }
});

test(`${req('P1-web')} brotli and gzip, each with a tag of its own, and 304 for who has it`, async (t) => {
  const ask = asker(t, (await start(t)).port);
  const script = FIXTURE[SCRIPT.slice(1)] as string;
  const decode = {
    br: brotliDecompressSync,
    gzip: gunzipSync,
    identity: (bytes: Buffer) => bytes,
  };
  const tags = new Set<string>();
  for (const coding of ['br', 'gzip', 'identity'] as const) {
    const { status, headers, body } = await ask({ path: SCRIPT, headers: accept(coding) });
    assert.equal(status, 200);
    assert.equal(headers['content-encoding'], coding === 'identity' ? undefined : coding);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(decode[coding](body).toString(), script);
    if (coding !== 'identity') assert.ok(body.length < script.length / 3);
    const { etag = '' } = headers;
    assert.match(etag, /^"[\w-]{43}"$/);
    tags.add(etag);

    const head = await ask({ path: SCRIPT, method: 'HEAD', headers: accept(coding) });
    const { date: _, ...without } = head.headers;
    const { date: __, ...expected } = headers;
    assert.deepEqual(without, expected);
    assert.deepEqual([head.status, head.body.length], [200, 0]);

    for (const method of ['GET', 'HEAD']) {
      const same = { ...accept(coding), 'if-none-match': `"other", W/${etag}` };
      const unchanged = await ask({ path: SCRIPT, method, headers: same });
      assert.deepEqual([unchanged.status, unchanged.body.length], [304, 0], method);
      assert.equal(unchanged.headers.etag, etag);
      assert.equal(unchanged.headers.vary, 'Accept-Encoding');
      assert.equal(unchanged.headers['cache-control'], headers['cache-control']);
      assert.ok(!('content-length' in unchanged.headers) && !('content-type' in unchanged.headers));
    }
  }
  assert.equal(tags.size, 3);
  const [first = '', second = ''] = tags;
  const otherCoding = { ...accept('br'), 'if-none-match': second };
  assert.equal((await ask({ path: SCRIPT, headers: otherCoding })).headers.etag, first);
});

test(`${req('P1-web')} a file that no coding makes smaller comes as it is, whatever is asked for`, async (t) => {
  const ask = asker(t, (await start(t)).port);
  const path = '/assets/font-12345678.woff2';
  const { headers } = await ask({ path, headers: accept('br, gzip') });
  assert.deepEqual([headers['content-encoding'], headers.vary], [undefined, undefined]);
  assert.equal((await ask({ path, headers: accept('br, identity;q=0') })).status, 406);
});

/** What keeps a page to what it is, besides the policy of its content. */
const assertGuarded = (headers: IncomingMessage['headers']): void => {
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  const features = (headers['permissions-policy'] as string).split(', ');
  assert.ok(features.includes('camera=()') && features.every((feature) => /^[a-z-]+=\(\)$/.test(feature)));
};

test(`${req('P1-web')} every answer with a file has the policy, and without TLS no word of it`, async (t) => {
  const ask = asker(t, (await start(t)).port);
  for (const path of ['/', '/status', SCRIPT, '/favicon.svg']) {
    const { headers } = await ask({ path });
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    assertGuarded(headers);
    assert.equal(headers['strict-transport-security'], undefined);
  }
});

test(
  `${req('P1-web', 'T-tls')} over TLS a browser is told to come back by TLS alone`,
  NEEDS_OPENSSL,
  async (t) => {
    const config = tlsConfig(makeCertificate(temporaryFolder(t)));
    const { port } = await start(t, { config });
    const ask = asker(t, port, true);
    for (const [method, path] of [
      ['GET', '/'],
      ['HEAD', SCRIPT],
      ['GET', SCRIPT],
    ] as const) {
      const { status, headers, body } = await ask({ method, path, headers: accept('br') });
      assert.equal(status, 200);
      assert.equal(headers['strict-transport-security'], 'max-age=31536000');
      if (method === 'GET' && path === SCRIPT) {
        assert.equal(brotliDecompressSync(body).toString(), FIXTURE[SCRIPT.slice(1)]);
      }
    }
    const local = await ask({ headers: { host: `localhost:${port}` } });
    assert.deepEqual([local.status, local.headers['strict-transport-security']], [200, undefined]);
  },
);

test(`${req('P1-web', 'P1-host', 'P1-origin')} files are for who asks for this gateway, from its own pages`, async (t) => {
  const { port } = await start(t);
  const ask = asker(t, port);
  for (const method of ['GET', 'HEAD']) {
    const status = async (headers: OutgoingHttpHeaders) =>
      (await ask({ method, path: SCRIPT, headers })).status;
    assert.equal(await status({ host: 'rebound.example' }), 421, method);
    assert.equal(await status({ origin: 'https://evil.example' }), 403, method);
    assert.equal(await status({ origin: `http://127.0.0.1:${port}` }), 200, method);
  }
});

test(`${req('P1-web')} what was read at the start is served, whatever becomes of the folder`, async (t) => {
  const folder = webFolder(t);
  const outside = join(temporaryFolder(t), 'secret.txt');
  writeFileSync(outside, 'secret');
  symlinkSync(outside, join(folder, 'link.txt'));
  const ask = asker(t, (await start(t, { webFolder: folder })).port);
  assert.equal((await ask({ path: '/link.txt' })).status, 404);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), 'changed');
  assert.equal((await ask()).body.toString(), FIXTURE['index.html']);
});

const PLAIN = /^<!doctype html>[\s\S]+Clients speak JSON-RPC 2\.0 over WebSocket at this same address/;

test(`${req('P1-page')} without a web UI, or with web_ui = false, there is one plain page`, async (t) => {
  const nothing = temporaryFolder(t);
  const off = await start(t, { config: '[gateway]\nweb_ui = false\n' });
  const gateways = [
    off,
    await start(t, { webFolder: nothing }),
    await start(t, { webFolder: join(nothing, 'none') }),
  ];
  for (const { port } of gateways) {
    const ask = asker(t, port);
    const { status, headers, body } = await ask();
    assert.equal(status, 200);
    assert.match(body.toString(), PLAIN);
    assert.match(
      headers['content-security-policy'] as string,
      /^default-src 'none'; style-src 'sha256-[^']+';/,
    );
    assertGuarded(headers);
    assert.equal((await ask({ headers: { 'if-none-match': headers.etag } })).status, 304);
    for (const path of ['/traffic', SCRIPT]) assert.equal((await ask({ path })).status, 404);
  }
  await (await off.login()).settle();
});

/** Above what the kernel takes for a connection that nobody reads. */
const BIG = Buffer.alloc(24 * 1024 * 1024);
for (let at = 0; at < BIG.length; at += 4) BIG.writeUInt32LE((at * 2654435761) >>> 0, at);

/** Reads a file as slowly as it can without being slow: stops, and goes on, again and again. */
const readHaltingly = async (port: number, path: string, tls: boolean): Promise<Buffer> => {
  const to = { host: '127.0.0.1', port, path, agent: false as const, rejectUnauthorized: false };
  const sent = (tls ? secureRequest(to) : request(to)).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) {
    parts.push(part);
    if (parts.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(parts);
};

for (const tls of [false, true]) {
  const skip = tls ? NEEDS_OPENSSL : {};
  test(
    `${req('P1-web')} a file larger than the socket takes comes whole${tls ? ', over TLS too' : ''}`,
    skip,
    async (t) => {
      const config = tls ? tlsConfig(makeCertificate(temporaryFolder(t))) : '';
      const under = await start(t, { config, webFolder: webFolder(t, { 'assets/big-1.png': BIG }) });
      const bodies = await Promise.all([1, 2].map(() => readHaltingly(under.port, '/assets/big-1.png', tls)));
      for (const body of bodies) assert.ok(body.equals(BIG));
      await (await under.login()).settle();
    },
  );
}

test(`${req('P1-web')} whoever leaves in the middle of a large file is no trouble`, async (t) => {
  const under = await start(t, { webFolder: webFolder(t, { 'assets/big-1.png': BIG }) });
  for (let times = 0; times < 5; times += 1) {
    const sent = request({
      host: '127.0.0.1',
      port: under.port,
      path: '/assets/big-1.png',
      agent: false,
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    response.destroy();
  }
  await (await under.login()).settle();
  assert.equal((await asker(t, under.port)({ path: SCRIPT })).status, 200);
});

test(`${req('P1-web', 'P1-workers')} two socket threads serve the same files`, {
  skip: CAN_SHARE_PORT ? false : 'a port can be shared on Linux alone',
}, async (t) => {
  const under = await start(t, { flags: { 'gateway.workers': '2' } });
  // The kernel throws a coin for each connection: with 30 both threads have some.
  for (let times = 0; times < 30; times += 1) {
    const { status, body } = await asker(t, under.port)({ path: SCRIPT, headers: accept('br') });
    assert.equal(status, 200);
    assert.equal(brotliDecompressSync(body).toString(), FIXTURE[SCRIPT.slice(1)]);
  }
});

test(`${req('P1-web', 'P1-trusted-proxies')} behind a PROXY header there is one whole answer, and no second`, async (t) => {
  const config = '[gateway]\ntrusted_proxies = ["127.0.0.1"]\n';
  const { port } = await start(t, { config });
  const host = ['Host', `127.0.0.1:${port}`] as const;
  const { headers } = await askHttp(t, port, { path: SCRIPT, headers: [host] });
  const known = ['If-None-Match', headers.get('etag') ?? ''] as const;
  const twice = async (method: string) => {
    const preamble = proxyHeader('192.0.2.1');
    const bytes = requestBytes({ method, path: SCRIPT, headers: [host, known], preamble });
    return answersUntilEnd(t, port, bytes);
  };
  const [whole, ...more] = await twice('GET');
  assert.equal(more.length, 0);
  assert.deepEqual([whole?.status, whole?.body], [200, FIXTURE[SCRIPT.slice(1)]]);
  const heads = await twice('HEAD');
  assert.deepEqual(
    heads.map(({ status, body }) => [status, body]),
    [[200, '']],
  );
});

test(`${req('P1-web')} the build's own files are compressed beside them`, async (t) => {
  const folder = webFolder(t);
  const script = readFileSync(join(folder, SCRIPT));
  assert.deepEqual(brotliDecompressSync(readFileSync(join(folder, `${SCRIPT}.br`))), script);
  assert.deepEqual(gunzipSync(readFileSync(join(folder, `${SCRIPT}.gz`))), script);
  assert.throws(() => readFileSync(join(folder, 'assets/font-12345678.woff2.br')), { code: 'ENOENT' });
});
