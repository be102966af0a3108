/** Certificates and keys as they are judged, watched and handed from one app to the next. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Admission } from '../../server/core/limits/admission.js';
import { plainSite } from '../../server/page.js';
import { CertificateKeeper, type CertificateKeeperOptions } from '../../server/socket/certificate-keeper.js';
import { type ListenerOptions, type LocalListener, listen } from '../../server/socket/listener.js';
import { CAN_SHARE_PORT } from '../../server/socket/port.js';
import { certificateWarnings, loadCertificate, TlsError, type TlsFiles } from '../../server/socket/tls.js';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { askHttp, RawWebSocket } from '../helpers/raw-socket.js';
import { recordLog } from '../helpers/recorded-log.js';
import { openDescriptors, until } from '../helpers/system.js';
import { req } from './requirements.js';

const NO_OPENSSL: string | false = HAS_OPENSSL ? false : 'needs the openssl program to make certificates';
const NEEDS_OPENSSL = { skip: NO_OPENSSL };
const NEEDS_SHARING = {
  skip: NO_OPENSSL || (CAN_SHARE_PORT ? false : 'a port can be shared on Linux alone'),
};
const DAY_MS = 24 * 3600 * 1000;

const makeFiles = (t: TestContext, days = 90, name = 'gateway'): TlsFiles => ({
  ...makeCertificate(temporaryFolder(t), { days, name }),
  minVersion: '1.2',
});

test(`${req('T-tls')} a certificate serves from its first day to its last`, NEEDS_OPENSSL, (t) => {
  const files = makeFiles(t);
  const nowMs = Date.now();
  const { expiresAtMs } = loadCertificate(files, nowMs);
  assert.ok(Math.abs(expiresAtMs - nowMs - 90 * DAY_MS) < DAY_MS);
  loadCertificate(files, expiresAtMs - 1);
  assert.throws(
    () => loadCertificate(files, expiresAtMs),
    /^TlsError: the certificate \S+ expired on .+; renew it\.$/,
  );
  assert.throws(
    () => loadCertificate(files, nowMs - DAY_MS),
    /^TlsError: the certificate \S+ is not valid before .+; correct the clock, or use one that is valid\.$/,
  );
});

test(`${req('T-tls')} within 30 days of its end there is a warning`, NEEDS_OPENSSL, (t) => {
  const certificate = loadCertificate(makeFiles(t), Date.now());
  const daysBefore = (days: number) =>
    certificateWarnings(certificate, certificate.expiresAtMs - days * DAY_MS);
  assert.deepEqual(daysBefore(30), []);
  assert.match(daysBefore(29.9)[0] ?? '', /^the certificate \S+ expires in 29 days, on .+ GMT; renew it\.$/);
  assert.match(daysBefore(0.5)[0] ?? '', /expires in 0 days/);
  assert.match(daysBefore(-1)[0] ?? '', /^the certificate \S+ expired on .+ GMT; renew it\.$/);
});

test(
  `${req('T-tls')} a key that others can read, and an end that is near, are told and stop nothing`,
  NEEDS_OPENSSL,
  async (t) => {
    const files = makeFiles(t, 10);
    const warned = async (mode: number): Promise<readonly string[]> => {
      chmodSync(files.keyPath, mode);
      const { log, lines } = recordLog();
      await startTestGateway(t, { config: tlsConfig(files), log });
      return lines()
        .filter(({ level }) => level === 40)
        .map(({ msg }) => msg);
    };
    const expiry = /^the certificate \S+ expires in 9 days, on .+; renew it\.$/;
    const [only, ...none] = await warned(0o600);
    assert.match(only ?? '', expiry);
    assert.deepEqual(none, []);
    for (const mode of [0o640, 0o604, 0o644]) {
      const [key, certificate] = await warned(mode);
      assert.equal(
        key,
        `gateway.tls.key_path names ${files.keyPath}, which other users can read; chmod 600 it.`,
      );
      assert.match(certificate ?? '', expiry);
    }
  },
);

/** Only root can give files away. */
const NEEDS_ROOT = process.geteuid?.() === 0 ? NEEDS_OPENSSL : { skip: 'needs to run as root' };

test(
  'a key that is somebody else’s may be read by the group of the gateway, as a mounted Secret is',
  NEEDS_ROOT,
  (t) => {
    const files = makeFiles(t);
    const exposed = (uid: number, gid: number, mode: number): boolean => {
      chownSync(files.keyPath, uid, gid);
      chmodSync(files.keyPath, mode);
      return loadCertificate(files, Date.now()).keyIsExposed;
    };
    const own = process.getegid?.() ?? 0;
    assert.equal(exposed(10_001, own, 0o440), false);
    assert.equal(exposed(10_001, own, 0o444), true);
    assert.equal(exposed(10_001, 10_001, 0o440), true);
    assert.equal(exposed(0, own, 0o440), true);
  },
);

/** A keeper of files at fixed paths, and all that it has done. */
const keep = (t: TestContext, options: Partial<CertificateKeeperOptions> = {}) => {
  const first = makeFiles(t, 90, 'first');
  const second = makeFiles(t, 90, 'second');
  const dir = temporaryFolder(t);
  const files: TlsFiles = { ...first, certPath: join(dir, 'cert.pem'), keyPath: join(dir, 'key.pem') };
  const install = (pair: TlsFiles): void => {
    copyFileSync(pair.certPath, files.certPath);
    copyFileSync(pair.keyPath, files.keyPath);
  };
  install(first);
  const warnings: string[] = [];
  let renewals = 0;
  const keeper = new CertificateKeeper({
    files,
    wallMs: Date.now,
    canPresent: () => true,
    present: async () => {
      renewals += 1;
    },
    warn: (sentence) => warnings.push(sentence),
    ...options,
  });
  const isFirst = () => keeper.current.fingerprint === loadCertificate(first, Date.now()).fingerprint;
  return { keeper, files, first, second, install, warnings, isFirst, renewals: () => renewals };
};

test(
  `${req('P1-renewal')} a change on disk is taken when it has settled, and looked at once`,
  NEEDS_OPENSSL,
  async (t) => {
    const { keeper, files, first, second, install, isFirst, renewals } = keep(t);
    assert.equal(await keeper.look(), 'same');
    // Half a renewal: the certificate is there, its key is not yet.
    copyFileSync(second.certPath, files.certPath);
    assert.equal(await keeper.look(), 'same');
    copyFileSync(second.keyPath, files.keyPath);
    assert.equal(await keeper.look(), 'same');
    assert.ok(isFirst());
    assert.equal(await keeper.look(), 'renewed');
    assert.ok(!isFirst());
    assert.equal(await keeper.look(), 'same');

    // What is wrong is thrown once, and what follows it is judged again.
    rmSync(files.keyPath);
    assert.equal(await keeper.look(), 'same');
    await assert.rejects(keeper.look(), TlsError);
    assert.equal(await keeper.look(), 'same');
    install(second);
    assert.equal(await keeper.look(), 'same');
    assert.equal(await keeper.look(), 'same');
    install(first);
    await keeper.look();
    assert.equal(await keeper.look(), 'renewed');
    assert.equal(renewals(), 2);
  },
);

test(`${req('P1-renewal')} what cannot be presented leaves what was`, NEEDS_OPENSSL, async (t) => {
  const { keeper, files, second, install, isFirst } = keep(t, {
    present: () => Promise.reject(new TlsError('no')),
  });
  install(second);
  await assert.rejects(keeper.renew(files), TlsError);
  assert.ok(isFirst());
});

test(
  `${req('P1-renewal')} where a port cannot be shared, a restart is asked for`,
  NEEDS_OPENSSL,
  async (t) => {
    const { keeper, files, second, install, isFirst, warnings, renewals } = keep(t, {
      canPresent: () => false,
    });
    assert.equal(await keeper.renew(files), 'same');
    install(second);
    assert.equal(await keeper.renew(files), 'needs-restart');
    writeFileSync(files.keyPath, '\n', { flag: 'a' });
    for (let at = 0; at < 5; at++) await keeper.look();
    assert.deepEqual(warnings, [
      `the certificate ${files.certPath} has changed; restart the gateway to present it.`,
    ]);
    assert.ok(isFirst());
    assert.equal(renewals(), 0);

    const certificate = loadCertificate(second, Date.now());
    const listener = await startListener(t, { certificate }, false);
    assert.equal(listener.canRenew, false);
  },
);

/** A listener without a gateway behind it. */
const startListener = async (
  t: TestContext,
  options: Partial<ListenerOptions>,
  canShare = CAN_SHARE_PORT,
): Promise<LocalListener> => {
  const ignore = (): void => {};
  const listener = await listen(
    {
      host: '127.0.0.1',
      port: 0,
      maxMessageBytes: 1024,
      certificate: null,
      admission: new Admission({
        maxConnections: 100,
        maxConnectionsPerAddress: 0,
        maxUnauthenticated: 0,
        maxUnauthenticatedPerAddress: 0,
      }),
      later: ignore,
      originRules: (port) => ({
        servedHosts: new Set(['127.0.0.1']),
        allowedOrigins: new Set(),
        scheme: 'https',
        port,
      }),
      trustedProxies: () => null,
      addressKey: (address) => address,
      site: plainSite(),
      onOpen: ignore,
      onText: () => true,
      onBinary: ignore,
      onDrain: ignore,
      onClose: ignore,
      onFault: ignore,
      ...options,
    },
    canShare,
  );
  atEnd(t, () => listener.close());
  return listener;
};

test(
  `${req('P1-renewal')} an app is kept as long as it has connections, and a hundred renewals leave nothing`,
  NEEDS_SHARING,
  async (t) => {
    const pairs = [makeFiles(t, 90, 'first'), makeFiles(t, 90, 'second')];
    const certificates = pairs.map((files) => loadCertificate(files, Date.now()));
    const listener = await startListener(t, { certificate: certificates[0] ?? null });
    const { port } = listener;
    const open = () => RawWebSocket.open(t, port, { tls: true });
    const page = () => askHttp(t, port, { tls: true, headers: [['Host', '127.0.0.1']] });
    const renew = async (at: number) => {
      const certificate = certificates[at % 2];
      assert.ok(certificate !== undefined);
      await listener.renew(certificate);
    };
    const old = await open();
    await renew(1);
    assert.equal(listener.doors, 2);
    const descriptors = process.platform === 'linux' ? openDescriptors(process.pid) : 0;
    for (let at = 2; at < 102; at++) {
      assert.equal((await page()).status, 200);
      await renew(at);
    }
    await until(() => listener.doors === 2, 'the apps without connections');
    if (process.platform === 'linux') assert.ok(openDescriptors(process.pid) <= descriptors + 2);
    const young = await open();
    await renew(0);
    assert.equal(listener.doors, 3);
    for (const raw of [old, young]) raw.end();
    await until(() => listener.doors === 1, 'the apps without connections');
    assert.equal((await page()).status, 200);
  },
);

test(
  `${req('P1-renewal')} files that change while they are loaded are not presented half`,
  NEEDS_SHARING,
  async (t) => {
    const files = makeFiles(t, 90, 'first');
    const other = makeFiles(t, 90, 'other');
    const certificate = loadCertificate(files, Date.now());
    const listener = await startListener(t, { certificate });
    copyFileSync(other.certPath, files.certPath);
    const changed = /^TlsError: \S+ or \S+ changed while it was read; try again\.$/;
    await assert.rejects(listener.renew(certificate), changed);
    copyFileSync(other.keyPath, files.keyPath);
    await assert.rejects(listener.renew(certificate), changed);
    assert.equal(listener.doors, 1);
    assert.equal(
      (await askHttp(t, listener.port, { tls: true, headers: [['Host', '127.0.0.1']] })).status,
      200,
    );
  },
);

test(`${req('P1-host')} a handler that fails answers 500 and tells why`, async (t) => {
  const faults: unknown[] = [];
  const listener = await startListener(t, {
    originRules: () => {
      throw new Error('the reason');
    },
    onFault: (what, error) => faults.push([what, `${error}`]),
  });
  const answer = await askHttp(t, listener.port, { headers: [['Host', '127.0.0.1']] });
  assert.equal(answer.status, 500);
  assert.equal(answer.body, 'The gateway failed to handle this request.\n');
  assert.deepEqual(faults, [['http', 'Error: the reason']]);
});
