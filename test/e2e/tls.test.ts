/** `[gateway.tls]`: wss:// and what stops the start (the product's TLS Configuration). */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import WebSocket from 'ws';
import { StartError } from '../../server/gateway.js';
import { type CertificateFiles, HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { askUpgrade } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

const NEEDS_OPENSSL = { skip: HAS_OPENSSL ? false : 'needs the openssl program to make certificates' };

/** The version that a handshake agrees on; rejects where there is none. */
const agree = async (t: TestContext, port: number, options: ConnectionOptions): Promise<string | null> => {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  atEnd(t, () => socket.destroy());
  await once(socket, 'secureConnect');
  return socket.getProtocol();
};

/** The status of a GET whose Host is `host`, from a client that trusts this certificate alone. */
const getAs = async (port: number, host: string, { certPath }: CertificateFiles): Promise<number> => {
  const ca = readFileSync(certPath);
  const servername = 'chat.example.org';
  const get = request({ host: '127.0.0.1', port, headers: { host }, servername, ca, agent: false });
  get.end();
  const [response] = await once(get, 'response');
  response.resume();
  await once(response, 'close');
  return response.statusCode;
};

test(`${req('T-tls')} wss works for a client that trusts the certificate`, NEEDS_OPENSSL, async (t) => {
  const files = makeCertificate(temporaryFolder(t));
  const under = await startTestGateway(t, { config: tlsConfig(files) });
  assert.equal(under.url, `wss://127.0.0.1:${under.port}`);
  const client = await under.login();
  assert.deepEqual(await client.call('system.ping'), { pong: true });

  const strict = new WebSocket(under.url, { ca: readFileSync(files.certPath) });
  atEnd(t, () => strict.terminate());
  await once(strict, 'open');
  const { fingerprint } = JSON.parse(readFileSync(under.home.gatewayFile, 'utf8'));
  assert.equal(fingerprint, new X509Certificate(readFileSync(files.certPath)).fingerprint256);
});

test(`${req('T-tls')} nothing is said to who speaks no TLS`, NEEDS_OPENSSL, async (t) => {
  const under = await startTestGateway(t, { config: tlsConfig(makeCertificate(temporaryFolder(t))) });
  await assert.rejects(askUpgrade(t, under.port), /the connection ended before/);
  await (await under.login()).settle();
});

test(
  `${req('P1-host', 'P1-origin', 'T-tls')} the certificate's names are served`,
  NEEDS_OPENSSL,
  async (t) => {
    const subjectAltName = 'DNS:Chat.Example.org,DNS:*.wild.example.org,IP:127.0.0.1,IP:203.0.113.9';
    const files = makeCertificate(temporaryFolder(t), { subjectAltName });
    const under = await startTestGateway(t, { config: tlsConfig(files) });
    const { port } = under;
    for (const host of [
      'chat.example.org',
      `CHAT.example.org:${port}`,
      'a.wild.example.org',
      '203.0.113.9',
    ]) {
      assert.equal(await getAs(port, host, files), 200, host);
    }
    for (const host of ['example.org', 'a.b.wild.example.org', 'wild.example.org', '203.0.113.10']) {
      assert.equal(await getAs(port, host, files), 421, host);
    }
    // Its own pages are https pages.
    const own = await under.connect({ Host: 'chat.example.org', Origin: `https://chat.example.org:${port}` });
    await own.close();
    const plain = under.connect({ Host: 'chat.example.org', Origin: `http://chat.example.org:${port}` });
    await assert.rejects(plain, /403/);
  },
);

test(`${req('T-tls')} min_version 1.2 takes 1.2 and 1.3 and nothing older`, NEEDS_OPENSSL, async (t) => {
  const { port } = await startTestGateway(t, { config: tlsConfig(makeCertificate(temporaryFolder(t))) });
  assert.equal(await agree(t, port, { maxVersion: 'TLSv1.2' }), 'TLSv1.2');
  assert.equal(await agree(t, port, {}), 'TLSv1.3');
  // OpenSSL itself speaks the old versions only at its lowest security level.
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await assert.rejects(agree(t, port, old));
});

test(`${req('T-tls')} min_version 1.3 refuses 1.2`, NEEDS_OPENSSL, async (t) => {
  const config = tlsConfig(makeCertificate(temporaryFolder(t)), 'min_version = "1.3"\n');
  const under = await startTestGateway(t, { config });
  assert.equal(await agree(t, under.port, {}), 'TLSv1.3');
  await assert.rejects(agree(t, under.port, { maxVersion: 'TLSv1.2' }));
  await (await under.login()).settle();
});

/** What `openssl s_client` agrees on, such as `TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256`; null where there is no agreement. */
const sClient = (port: number, ...options: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const to = ['s_client', '-connect', `127.0.0.1:${port}`];
    // Its status tells an agreement from none: without one there is a cipher `0000` and a version all the same.
    const client = execFile('openssl', [...to, ...options], (error, output) => {
      const [, version, cipher] = /^New, (TLSv[\d.]+), Cipher is (\S+)$/m.exec(output) ?? [];
      resolve(error === null && version !== undefined ? `${version} ${cipher}` : null);
    });
    client.stdin?.end();
  });

/** Old versions and suites are spoken by OpenSSL only at its lowest level of security. */
const ANY_LEVEL = 'ALL:@SECLEVEL=0';

test(`${req('T-tls')} openssl finds no version below min_version`, NEEDS_OPENSSL, async (t) => {
  const files = makeCertificate(temporaryFolder(t));
  const older = ['-tls1', '-tls1_1'].map((version) => [version, '-cipher', ANY_LEVEL]);
  const { port: from12 } = await startTestGateway(t, { config: tlsConfig(files) });
  const { port: from13 } = await startTestGateway(t, { config: tlsConfig(files, 'min_version = "1.3"\n') });
  for (const port of [from12, from13]) {
    assert.match((await sClient(port, '-tls1_3')) ?? 'none', /^TLSv1\.3 TLS_/);
    for (const options of older) assert.equal(await sClient(port, ...options), null, `${options}`);
  }
  assert.match((await sClient(from12, '-tls1_2')) ?? 'none', /^TLSv1\.2 ECDHE-ECDSA-/);
  assert.equal(await sClient(from13, '-tls1_2'), null);
  assert.equal(await sClient(from13, '-tls1_2', '-cipher', ANY_LEVEL), null);
});

test(
  `${req('T-tls')} openssl finds no suite but those with forward secrecy and authenticated encryption`,
  NEEDS_OPENSSL,
  async (t) => {
    const { port } = await startTestGateway(t, { config: tlsConfig(makeCertificate(temporaryFolder(t))) });
    const offer = (suites: string) => sClient(port, '-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`);
    for (const modern of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305']) {
      assert.equal(await offer(modern), `TLSv1.2 ${modern}`);
    }
    for (const weak of [
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-ECDSA-AES256-SHA384',
      'ECDHE-ECDSA-AES128-CCM8',
      'ECDHE-ECDSA-NULL-SHA',
      'AECDH-AES128-SHA',
      'ALL:-ECDHE+AESGCM:-ECDHE+CHACHA20',
    ]) {
      assert.equal(await offer(weak), null, weak);
    }
  },
);

test(`${req('T-tls')} a client cannot have the handshake made again and again`, NEEDS_OPENSSL, async (t) => {
  const { port } = await startTestGateway(t, { config: tlsConfig(makeCertificate(temporaryFolder(t))) });
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  atEnd(t, () => socket.destroy());
  await once(socket, 'secureConnect');
  assert.equal(socket.getProtocol(), 'TLSv1.2');
  const refused = once(socket, 'error');
  socket.renegotiate({}, () => {});
  assert.match(String((await refused)[0]), /renegotiation/i);
});

test(
  `${req('T-tls')} a certificate that cannot serve stops the start with a sentence`,
  NEEDS_OPENSSL,
  async (t) => {
    const dir = temporaryFolder(t);
    const good = makeCertificate(dir);
    const other = makeCertificate(dir, { name: 'other' });
    const expired = makeCertificate(dir, { name: 'expired', days: 0 });
    const noPem = `${dir}/no.pem`;
    writeFileSync(noPem, 'no PEM\n');
    const causes: readonly (readonly [CertificateFiles, RegExp])[] = [
      [
        { ...good, certPath: `${dir}/missing.pem` },
        /^gateway\.tls\.cert_path names \S+missing\.pem, which cannot be read \(ENOENT\); correct the path/,
      ],
      [{ ...good, keyPath: `${dir}/missing.pem` }, /^gateway\.tls\.key_path names \S+, which cannot be read/],
      [{ ...good, certPath: noPem }, /^gateway\.tls\.cert_path names \S+, which is no PEM certificate\.$/],
      [{ ...good, keyPath: noPem }, /^gateway\.tls\.key_path names \S+, which is not the PEM key of \S+\.$/],
      [{ ...good, keyPath: other.keyPath }, /^gateway\.tls\.key_path names \S+, which is not the PEM key of/],
      [expired, /^the certificate \S+ expired on .+; renew it\.$/],
    ];
    for (const [files, sentence] of causes) {
      const start = startTestGateway(t, { config: tlsConfig(files) });
      await assert.rejects(start, (error) => {
        assert.ok(error instanceof StartError, `${error}`);
        assert.match(error.message, sentence);
        assert.ok(!error.message.includes('PRIVATE KEY'));
        return true;
      });
    }
  },
);

test(
  `${req('P1-non-loopback', 'T-tls')} with TLS any address may be listened on`,
  NEEDS_OPENSSL,
  async (t) => {
    const config = `[gateway]\nhost = "0.0.0.0"\n\n${tlsConfig(makeCertificate(temporaryFolder(t)))}`;
    const { port } = await startTestGateway(t, { config });
    assert.equal(await agree(t, port, {}), 'TLSv1.3');
  },
);
