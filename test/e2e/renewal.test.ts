/** The certificate is renewed while the gateway runs: new connections see it, those that are there go on. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { CAN_SHARE_PORT } from '../../server/socket/port.js';
import { type CertificateFiles, HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { atEnd, type GatewayUnderTest, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { GatewayProcess } from '../helpers/process.js';
import { askHttp } from '../helpers/raw-socket.js';
import { recordLog } from '../helpers/recorded-log.js';
import { freePort, until } from '../helpers/system.js';
import { req } from './requirements.js';

const NEEDS = {
  skip: !HAS_OPENSSL
    ? 'needs the openssl program to make certificates'
    : CAN_SHARE_PORT
      ? false
      : 'a port can be shared on Linux alone',
};

const fingerprintOf = ({ certPath }: CertificateFiles): string =>
  new X509Certificate(readFileSync(certPath)).fingerprint256;

/** What a new connection is presented, and the version it agrees on. */
const presented = async (t: TestContext, port: number, options: ConnectionOptions = {}) => {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  atEnd(t, () => socket.destroy());
  await once(socket, 'secureConnect');
  const seen = {
    fingerprint: socket.getPeerX509Certificate()?.fingerprint256,
    version: socket.getProtocol(),
  };
  socket.destroy();
  return seen;
};

const fingerprintAt = async (t: TestContext, port: number) => (await presented(t, port)).fingerprint;

/** The status that a host gets over TLS. */
const statusAs = async (t: TestContext, port: number, host: string): Promise<number> =>
  (await askHttp(t, port, { tls: true, headers: [['Host', host]] })).status;

interface Live {
  /** The paths of the configuration. */
  readonly files: CertificateFiles;
  readonly first: CertificateFiles;
  readonly second: CertificateFiles;
  /** Writes a pair over what is there. */
  readonly install: (pair: CertificateFiles) => void;
}

/** Two pairs, each with a name of its own, and the first of them where the configuration points. */
const makeLive = (t: TestContext): Live => {
  const dir = temporaryFolder(t);
  const make = (name: string) =>
    makeCertificate(dir, { name, subjectAltName: `DNS:${name}.example.org,IP:127.0.0.1`, days: 90 });
  const [first, second] = [make('first'), make('second')];
  const files = { certPath: join(dir, 'live.cert.pem'), keyPath: join(dir, 'live.key.pem') };
  const install = ({ certPath, keyPath }: CertificateFiles): void => {
    copyFileSync(certPath, files.certPath);
    copyFileSync(keyPath, files.keyPath);
  };
  install(first);
  return { files, first, second, install };
};

const fingerprintInFile = (under: GatewayUnderTest): string =>
  JSON.parse(readFileSync(under.home.gatewayFile, 'utf8')).fingerprint;

test(
  `${req('P1-renewal', 'P8-reload')} a reload presents what is in the files, and a running stream loses nothing`,
  NEEDS,
  async (t) => {
    const { files, first, second, install } = makeLive(t);
    const under = await startTestGateway(t, { config: engine(5, {}, tlsConfig(files)) });
    const client = await under.login();
    const message = 'word '.repeat(200).trim();
    const { message_id } = await client.call('chat.send', { message });
    await client.frame(({ method }) => method === 'chat.stream', 'the first chunk');
    assert.equal(await fingerprintAt(t, under.port), fingerprintOf(first));
    assert.equal(await statusAs(t, under.port, 'first.example.org'), 200);

    install(second);
    const reloaded = { changed: ['gateway.tls.cert_path'], needs_restart: [] };
    assert.deepEqual(await client.call('system.reload'), reloaded);
    assert.equal(client.notifications('chat.complete').length, 0, 'the reply is running');
    for (let at = 0; at < 10; at++) assert.equal(await fingerprintAt(t, under.port), fingerprintOf(second));
    assert.equal(fingerprintInFile(under), fingerprintOf(second));
    assert.equal(await statusAs(t, under.port, 'second.example.org'), 200);
    assert.equal(await statusAs(t, under.port, 'first.example.org'), 421);
    assert.deepEqual(await client.call('system.reload'), { changed: [], needs_restart: [] });

    await (await under.login()).settle();
    assert.equal((await client.complete(message_id)).finish_reason, 'stop');
    assert.equal(client.streamed(message_id), embeddedReply(message));
  },
);

test(
  `${req('P1-renewal', 'P8-reload')} other files and another least version are taken, too`,
  NEEDS,
  async (t) => {
    const { first, second } = makeLive(t);
    const under = await startTestGateway(t, { config: tlsConfig(first) });
    const client = await under.login();
    const reload = async (config: string) => {
      writeFileSync(under.home.configFile, config);
      return (await client.call('system.reload')).changed;
    };
    const { keyPath } = first;
    assert.deepEqual(await reload(tlsConfig(second)), ['gateway.tls.cert_path', 'gateway.tls.key_path']);
    assert.equal(await fingerprintAt(t, under.port), fingerprintOf(second));
    assert.deepEqual(await reload(tlsConfig(second, 'min_version = "1.3"\n')), ['gateway.tls.min_version']);
    await assert.rejects(presented(t, under.port, { maxVersion: 'TLSv1.2' }));
    assert.equal((await presented(t, under.port)).version, 'TLSv1.3');
    assert.deepEqual(await reload(tlsConfig(second)), ['gateway.tls.min_version']);
    assert.equal((await presented(t, under.port, { maxVersion: 'TLSv1.2' })).version, 'TLSv1.2');

    // To turn TLS off takes a restart, and until then it stays as it is, paths and all.
    writeFileSync(under.home.configFile, `[gateway.tls]\nkey_path = "${keyPath}"\n`);
    assert.deepEqual(await client.call('system.reload'), {
      changed: [],
      needs_restart: ['gateway.tls.enabled', 'gateway.tls.cert_path', 'gateway.tls.key_path'],
    });
    assert.equal(await fingerprintAt(t, under.port), fingerprintOf(second));
  },
);

test(
  `${req('P1-renewal', 'P8-reload-refused')} what cannot serve changes nothing, whatever else the reload brings`,
  NEEDS,
  async (t) => {
    const { files, first, second, install } = makeLive(t);
    const under = await startTestGateway(t, { config: tlsConfig(files) });
    const client = await under.login();
    const expired = makeCertificate(temporaryFolder(t), { name: 'expired', days: 0 });
    writeFileSync(under.home.configFile, `[gateway]\nheartbeat_interval = 7\n\n${tlsConfig(files)}`);
    const causes: readonly (readonly [() => void, RegExp])[] = [
      [
        () => install({ ...first, keyPath: second.keyPath }),
        /^gateway\.tls\.key_path names \S+, which is not the/,
      ],
      [
        () => install({ ...first, certPath: second.certPath }),
        /^gateway\.tls\.key_path names \S+, which is not the/,
      ],
      [() => install(expired), /^the certificate \S+ expired on .+; renew it\.$/],
      [
        () => writeFileSync(files.certPath, 'no PEM\n'),
        /^gateway\.tls\.cert_path names \S+, which is no PEM/,
      ],
      [() => rmSync(files.keyPath), /^gateway\.tls\.key_path names \S+, which cannot be read \(ENOENT\)/],
    ];
    for (const [spoil, sentence] of causes) {
      install(first);
      spoil();
      const { error } = await client.request('system.reload');
      assert.equal(error.code, -32600);
      assert.match(error.data.reason, sentence);
      assert.equal(await fingerprintAt(t, under.port), fingerprintOf(first));
      assert.equal(fingerprintInFile(under), fingerprintOf(first));
      assert.equal((await under.login()).handshake.heartbeat_interval, 30);
    }
    install(first);
    await client.call('system.reload');
    assert.equal((await under.login()).handshake.heartbeat_interval, 7);
  },
);

test(
  `${req('P1-renewal')} files that change on disk are taken without being asked to, by symbolic links as well`,
  NEEDS,
  async (t) => {
    const { first, second } = makeLive(t);
    const dir = temporaryFolder(t);
    // As Kubernetes does: the files are links into a folder, which is a link that is renamed over.
    const publish = (version: string, { certPath, keyPath }: CertificateFiles): void => {
      mkdirSync(join(dir, version));
      copyFileSync(certPath, join(dir, version, 'tls.crt'));
      copyFileSync(keyPath, join(dir, version, 'tls.key'));
      symlinkSync(version, join(dir, 'next'));
      renameSync(join(dir, 'next'), join(dir, '..data'));
    };
    publish('v1', first);
    const files = { certPath: join(dir, 'tls.crt'), keyPath: join(dir, 'tls.key') };
    symlinkSync('..data/tls.crt', files.certPath);
    symlinkSync('..data/tls.key', files.keyPath);
    const { log, lines } = recordLog();
    const under = await startTestGateway(t, { config: tlsConfig(files), log });
    const client = await under.login();
    const logged = (level: number) => lines().filter((line) => line.level === level);
    const comes = (pair: CertificateFiles) =>
      until(async () => (await fingerprintAt(t, under.port)) === fingerprintOf(pair), 'the certificate');

    publish('v2', second);
    await comes(second);
    assert.equal(fingerprintInFile(under), fingerprintOf(second));
    assert.deepEqual(
      logged(30).map(({ msg, names, fingerprint }) => [msg, names, fingerprint]),
      [['certificate renewed', ['second.example.org', '127.0.0.1'], fingerprintOf(second)]],
    );
    assert.deepEqual(logged(50), []);

    publish('v3', { ...first, keyPath: second.keyPath });
    await until(() => logged(50).length > 0, 'a line in the log');
    assert.match(
      logged(50)[0].msg,
      /^gateway\.tls\.key_path names \S+, which is not the PEM key of \S+\. The certificate that is presented stays\.$/,
    );
    assert.equal(await fingerprintAt(t, under.port), fingerprintOf(second));
    publish('v4', first);
    await comes(first);
    assert.equal(logged(50).length, 1);
    await client.settle();
  },
);

test(
  `${req('P1-port-taken', 'P1-renewal')} a port with TLS is not shared with another gateway, before a renewal or after it`,
  NEEDS,
  async (t) => {
    const { files, second, install } = makeLive(t);
    const first = await startTestGateway(t, { config: tlsConfig(files) });
    const client = await first.login();
    const refused = async () => {
      for (const config of [tlsConfig(files), '']) {
        const start = startTestGateway(t, { config, flags: { 'gateway.port': `${first.port}` } });
        await assert.rejects(start, {
          name: 'StartError',
          message: `Something already listens on 127.0.0.1:${first.port}, perhaps another gateway; stop it or choose another --port.`,
        });
      }
    };
    await refused();
    install(second);
    await client.call('system.reload');
    await refused();
    await client.settle();
  },
);

test(
  `${req('P1-port-taken')} of gateways that start at once on one port, one gets it, TLS or not`,
  NEEDS,
  async (t) => {
    const { files } = makeLive(t);
    const flags = { 'gateway.port': `${await freePort()}` };
    const starts = [0, 1, 2, 3].map((at) =>
      startTestGateway(t, { config: at % 2 === 0 ? tlsConfig(files) : '', flags }),
    );
    const settled = await Promise.allSettled(starts);
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1);
  },
);

test(
  `${req('P1-port-taken')} a start with TLS waits for another one on its port, but not for ever`,
  NEEDS,
  async (t) => {
    const { files } = makeLive(t);
    const port = await freePort();
    const other = createServer().listen(`\0openclaw-gateway-${port}`);
    atEnd(t, () => other.close());
    await once(other, 'listening');
    const beganMs = performance.now();
    await startTestGateway(t, { config: tlsConfig(files), flags: { 'gateway.port': `${port}` } });
    assert.ok(performance.now() - beganMs > 1000);
  },
);

test(
  `${req('P1-port-taken')} a gateway with TLS that ends is followed by another on its port at once`,
  NEEDS,
  async (t) => {
    const { files } = makeLive(t);
    const flags = { 'gateway.port': `${await freePort()}` };
    let under = await startTestGateway(t, { config: tlsConfig(files), flags });
    for (let round = 0; round < 3; round++) {
      const client = await under.login();
      under = await under.restart();
      // It was the gateway that closed: its end of the connection is what lingers.
      assert.equal((await client.closed).code, 1001);
    }
    await (await under.login()).settle();
  },
);

test(
  `${req('P1-renewal')} clients that come all the while are next to never turned away`,
  NEEDS,
  async (t) => {
    const { files, first, second, install } = makeLive(t);
    const homeDir = temporaryFolder(t);
    writeFileSync(join(homeDir, 'config.toml'), tlsConfig(files));
    const gateway = new GatewayProcess(t, { homeDir });
    const port = await gateway.port();
    let over = false;
    let came = 0;
    let failed = 0;
    const comeAgain = async (): Promise<void> => {
      while (!over) {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
        const outcome = await Promise.race([
          once(socket, 'secureConnect').then(() => true),
          once(socket, 'close').then(() => false),
        ]).catch(() => false);
        socket.destroy();
        if (outcome) came += 1;
        else failed += 1;
      }
    };
    const clients = Array.from({ length: 200 }, comeAgain);
    for (const pair of [second, first, second, first, second]) {
      const before = came;
      await until(() => came > before + 200, 'clients');
      install(pair);
      gateway.child.kill('SIGHUP');
      await until(
        async () => (await fingerprintAt(t, port).catch(() => '')) === fingerprintOf(pair),
        'the certificate',
      );
    }
    over = true;
    await Promise.all(clients);
    t.diagnostic(`${failed} of ${came + failed} were turned away by 5 renewals`);
    assert.ok(failed <= 10, `${failed} of ${came + failed} were turned away`);
    assert.equal(gateway.stdout.match(/Reloaded: gateway\.tls\.cert_path\./g)?.length, 5);
  },
);
