/** Proxies as they are shipped, in front of a gateway: of their files only ports, paths and what a test shortens are replaced. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeCertificate } from '../../helpers/certificate.js';
import { atEnd, type GatewayUnderTest, temporaryFolder } from '../../helpers/gateway.js';
import { freePort, until } from '../../helpers/system.js';
import { missing, shipped } from '../shipped.js';

/** The name in the shipped files. */
export const HOST = 'chat.example.org';

interface Place {
  readonly folder: string;
  readonly gatewayPort: number;
  readonly operationsPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly certPath: string;
  readonly keyPath: string;
  readonly variant: Variant;
}

/** In what a test departs from the shipped files, besides ports and paths. */
export interface Variant {
  /** Idle time-outs, instead of those in the file. */
  readonly idleSeconds?: number;
  /** HAProxy tells the client's address by the PROXY protocol. */
  readonly proxyProtocol?: boolean;
}

export interface Kind {
  readonly name: string;
  /** False, or why it cannot be tested here. */
  readonly skip: string | false;
  /** After how many seconds without a byte it closes a WebSocket, as shipped; none: never. */
  readonly idleSeconds: () => readonly number[];
  /** Writes its configuration; the command that runs it in the foreground. */
  readonly prepare: (place: Place) => readonly string[];
}

const secondsIn = (path: string, pattern: RegExp): readonly number[] =>
  Array.from(shipped(path).matchAll(pattern), ([, seconds]) => Number(seconds));

const shortened = (from: string, { variant: { idleSeconds } }: Place): Record<string, string> =>
  idleSeconds === undefined ? {} : { [from]: from.replace('300s', `${idleSeconds}s`) };

export const KINDS: readonly Kind[] = [
  {
    name: 'nginx',
    skip: missing('nginx-light', 'nginx'),
    idleSeconds: () => secondsIn('nginx/openclaw.conf', /proxy_(?:read|send)_timeout (\d+)s;/g),
    prepare: (place) => {
      const { folder } = place;
      const site = shipped('nginx/openclaw.conf', {
        'listen [::]:80;': '',
        'listen [::]:443 ssl;': '',
        'listen 80;': `listen 127.0.0.1:${place.httpPort};`,
        'listen 443 ssl;': `listen 127.0.0.1:${place.httpsPort} ssl;`,
        '/etc/letsencrypt/live/chat.example.org/fullchain.pem': place.certPath,
        '/etc/letsencrypt/live/chat.example.org/privkey.pem': place.keyPath,
        '127.0.0.1:18789': `127.0.0.1:${place.gatewayPort}`,
        ...shortened('proxy_read_timeout 300s', place),
        ...shortened('proxy_send_timeout 300s', place),
      });
      writeFileSync(join(folder, 'site.conf'), site);
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (what) => `${what}_temp_path ${folder}/${what};`,
      );
      const around = `daemon off; pid ${folder}/nginx.pid; error_log stderr; ${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http { access_log off; ${paths.join(' ')} include ${folder}/site.conf; }\n`;
      writeFileSync(join(folder, 'nginx.conf'), around);
      return ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    },
  },
  {
    name: 'HAProxy',
    skip: missing('haproxy', 'haproxy'),
    idleSeconds: () => secondsIn('haproxy/haproxy.cfg', /timeout tunnel (\d+)s/g),
    prepare: (place) => {
      const pem = join(place.folder, 'both.pem');
      writeFileSync(pem, readFileSync(place.certPath, 'utf8') + readFileSync(place.keyPath, 'utf8'), {
        mode: 0o600,
      });
      const config = shipped('haproxy/haproxy.cfg', {
        'maxconn 100000': 'maxconn 400',
        'bind :80': `bind 127.0.0.1:${place.httpPort}`,
        'bind :443': `bind 127.0.0.1:${place.httpsPort}`,
        '/etc/haproxy/certs/chat.example.org.pem': pem,
        '127.0.0.1:18789': `127.0.0.1:${place.gatewayPort}`,
        'port 18790': `port ${place.operationsPort}`,
        ...(place.variant.proxyProtocol === true
          ? {
              'set-header X-Forwarded-For %[src]': 'del-header X-Forwarded-For',
              'check port': 'send-proxy-v2 check port',
              'backend openclaw': 'backend openclaw\n    http-reuse never',
            }
          : {}),
        ...shortened('timeout tunnel 300s', place),
      });
      const path = join(place.folder, 'haproxy.cfg');
      writeFileSync(path, config);
      return ['haproxy', '-db', '-f', path];
    },
  },
  {
    name: 'Caddy',
    skip: missing('caddy', 'caddy'),
    idleSeconds: () => secondsIn('caddy/Caddyfile', /stream_timeout (\d+)s/g),
    prepare: (place) => {
      const { certPath, keyPath, httpsPort } = place;
      const site = shipped('caddy/Caddyfile', {
        'chat.example.org {': `https://${HOST}:${httpsPort} {\n\tbind 127.0.0.1\n\ttls ${certPath} ${keyPath}`,
        '127.0.0.1:18789': `127.0.0.1:${place.gatewayPort}`,
      });
      const path = join(place.folder, 'Caddyfile');
      // The port of plain HTTP, which only redirects, is the system's own without this.
      writeFileSync(
        path,
        `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_sni ${HOST}\n}\n${site}`,
      );
      return ['caddy', 'run', '--config', path, '--adapter', 'caddyfile'];
    },
  },
];

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Starts one, which is gone after the test. @returns its port of TLS, and that of plain HTTP */
export const startProxyServer = async (
  t: TestContext,
  kind: Kind,
  { port, gateway }: GatewayUnderTest,
  variant: Variant = {},
): Promise<{ readonly port: number; readonly httpPort: number }> => {
  const folder = temporaryFolder(t);
  const place: Place = {
    ...makeCertificate(folder, { subjectAltName: `DNS:${HOST}` }),
    folder,
    gatewayPort: port,
    operationsPort: Number(new URL(gateway.operationsUrl).port),
    httpPort: await freePort(),
    httpsPort: await freePort(),
    variant,
  };
  const [program = '', ...args] = kind.prepare(place);
  const home = join(folder, 'home');
  mkdirSync(home);
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  const closed = once(child, 'close');
  atEnd(t, async () => {
    // nginx's workers end with their master, and only where that is asked to end.
    child.kill('SIGTERM');
    await closed;
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${kind.name} does not start: ${said}`);
    return answers(place.httpsPort);
  }, `${kind.name} that listens`);
  return { port: place.httpsPort, httpPort: place.httpPort };
};
