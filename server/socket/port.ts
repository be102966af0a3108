/** How the gateway comes by its port, and why it cannot have it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import {
  listenExclusively,
  listenShared,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from './uws.js';

export interface Place {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** The message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Only Linux spreads connections over the sockets of a port, lets them come and go, and has names for sockets that
 * die with their process.
 */
export const CAN_SHARE_PORT = process.platform === 'linux';

/** A free port may be taken by another process before it is listened on for good. */
const TRIES = 5;
/** A start holds the port's name for less than a turn of its loop: whoever holds it longer is no gateway. */
const NAME_PATIENCE_MS = 1000;
const NAME_RETRY_MS = 20;

/** Listens where no other process can. @throws ListenError */
export const takePort = async (app: TemplatedApp, { host, port }: Place): Promise<us_listen_socket> => {
  const token = listenExclusively(app, host, port);
  if (token === null) throw new ListenError(await whyNot(host, port));
  return token;
};

/**
 * Listens so that {@link shareAgain} can open the port again in this process. The kernel would then let any process of
 * the same user in as well, so the port is first listened on exclusively, which fails beside every other listener.
 * Nothing can come between the two but a second gateway at the very same point, and that waits for a name.
 * @throws ListenError
 */
export const takePortShared = async (app: TemplatedApp, { host, port }: Place): Promise<us_listen_socket> => {
  for (let tries = port === 0 ? TRIES : 1; tries > 0; tries -= 1) {
    // The library makes a random port one that can never be shared: so it only finds one.
    const number = port === 0 ? probe(app, host, 0) : port;
    if (number === 0) break;
    const name = await holdName(number);
    const token = probe(app, host, number) === 0 ? null : listenShared(app, host, number);
    name?.close();
    if (token !== null) return token;
  }
  throw new ListenError(await whyNot(host, port));
};

/** Listens once more on a port that {@link takePortShared} has got. @throws ListenError */
export const shareAgain = (app: TemplatedApp, { host, port }: Place): us_listen_socket => {
  const token = listenShared(app, host, port);
  if (token !== null) return token;
  throw new ListenError(`Cannot listen on ${nameOf(host, port)} a second time; restart the gateway.`);
};

/** The port, if it can be had exclusively, else 0. */
const probe = (app: TemplatedApp, host: string, port: number): number => {
  const token = listenExclusively(app, host, port);
  if (token === null) return 0;
  const number = us_socket_local_port(token);
  us_listen_socket_close(token);
  return number;
};

/**
 * Takes the name that gateways hold while they start on a port: a socket of Linux's abstract namespace, which is
 * that of its ports, too (unix(7), network_namespaces(7)). Null where somebody keeps it: that must not keep us out.
 */
const holdName = async (port: number): Promise<Server | null> => {
  const untilMs = performance.now() + NAME_PATIENCE_MS;
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    try {
      const listening = once(server, 'listening');
      server.listen(`\0openclaw-gateway-${port}`);
      await listening;
      return server;
    } catch {
      if (performance.now() > untilMs) return null;
      await new Promise((resolve) => setTimeout(resolve, NAME_RETRY_MS));
    }
  }
};

const nameOf = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The library gives no reason; Node's own listener does. */
const whyNot = async (host: string, port: number): Promise<string> => {
  const place = nameOf(host, port);
  const probe = createServer();
  try {
    const listening = once(probe, 'listening');
    probe.listen(port, host);
    await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      return `Something already listens on ${place}, perhaps another gateway; stop it or choose another --port.`;
    }
    if (code === 'EACCES') return `Listening on ${place} is not allowed; choose a --port of 1024 or more.`;
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      return `This machine has no address ${host}; correct --host or gateway.host.`;
    }
    return `Cannot listen on ${place} (${code}).`;
  } finally {
    probe.close();
  }
  return `Cannot listen on ${place}; try again or choose another --port.`;
};
