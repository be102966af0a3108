/** The clients' listener: HTTP upgrade, WebSocket events, and nothing of what they mean. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PROTOCOL } from '../../schemas/codes.js';
import type { Admission } from '../core/limits/admission.js';
import { Connection, type UserData } from './connection.js';
import type { Certificate } from './tls.js';
import { checkOrigin, type OriginRules, REFUSALS, type Refusal, WEBSOCKET_VERSION } from './upgrade.js';
import {
  App,
  filterSockets,
  type HttpRequest,
  type HttpResponse,
  listenExclusively,
  SSLApp,
  type us_listen_socket,
  us_listen_socket_close,
  type us_socket_context_t,
  us_socket_local_port,
} from './uws.js';

/** The most the library takes: beyond `maxBackpressure` a close code is lost, so our own limits are the ones that count. */
const MAX_BACKPRESSURE_BYTES = 2 ** 31 - 1;
/** Beneath our own heartbeat: the library closes a connection without any traffic, its own pings included, after this. */
const IDLE_TIMEOUT_SECONDS = 120;

/**
 * A client that does not answer our close frame keeps its descriptor this long. Strangers keep their place in the
 * count as well, or one address could have any number of them.
 */
const LINGER_MS = 16_000;

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly maxMessageBytes: number;
  readonly certificate: Certificate | null;
  readonly admission: Admission;
  /** Runs something {@link LINGER_MS} later. */
  readonly later: (delayMs: number, task: () => void) => void;
  /** Given the port that is listened on; asked at every request, so that a reload takes effect at once. */
  readonly originRules: (port: number) => OriginRules;
  readonly addressKey: (address: string) => string;
  readonly page: { readonly contentType: string; readonly body: string };
  readonly onOpen: (connection: Connection) => void;
  /** One text frame's bytes, which are gone after the call. */
  readonly onText: (connection: Connection, frame: Uint8Array) => void;
  readonly onBinary: (connection: Connection) => void;
  readonly onDrain: (connection: Connection) => void;
  readonly onClose: (connection: Connection, code: number) => void;
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Listener {
  readonly port: number;
  /** Accepts nothing more; connections go on. */
  stopListening(): void;
  /** Closes everything that is left. */
  close(): void;
}

/** The message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const respond = (res: HttpResponse, refusal: Refusal): void => {
  res.cork(() => {
    res.writeStatus(refusal.status);
    if (refusal.header !== null) res.writeHeader(...refusal.header);
    res.writeHeader('Content-Type', 'text/plain; charset=utf-8').end(`${refusal.text}\n`, true);
  });
};

export const listen = async (options: ListenerOptions): Promise<Listener> => {
  const { admission, onFault, certificate, maxMessageBytes } = options;
  const app = certificate === null ? App() : SSLApp(certificate.appOptions);
  let stopping = false;
  let port = options.port;

  const onAdmitted = (connection: Connection): void => admission.authenticated(connection.addressKey);

  const originProblem = (req: HttpRequest): Refusal | null => {
    const hosts: string[] = [];
    req.forEach((name, value) => {
      if (name === 'host') hosts.push(value);
    });
    return checkOrigin({ hosts, origin: req.getHeader('origin') }, options.originRules(port));
  };

  /** Null where the request may become a WebSocket. */
  const upgradeProblem = (req: HttpRequest, addressKey: string): Refusal | null => {
    if (stopping) return REFUSALS.draining;
    const problem = originProblem(req);
    if (problem !== null) return problem;
    // The library takes any version for its own.
    if (req.getHeader('sec-websocket-version') !== WEBSOCKET_VERSION) return REFUSALS.version;
    const refusal = admission.refusal(addressKey);
    if (refusal === null) return null;
    return refusal === 'gateway-full' ? REFUSALS.gatewayFull : REFUSALS.addressFull;
  };

  const upgrade = (res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void => {
    const address = Buffer.from(res.getRemoteAddressAsText()).toString();
    const addressKey = options.addressKey(address);
    const problem = upgradeProblem(req, addressKey);
    if (problem !== null) {
      respond(res, problem);
      return;
    }
    admission.enter(addressKey);
    const userData: UserData = { connection: new Connection(address, addressKey, onAdmitted) };
    res.upgrade(
      userData,
      req.getHeader('sec-websocket-key'),
      req.getHeader('sec-websocket-protocol'),
      req.getHeader('sec-websocket-extensions'),
      context,
    );
  };

  const get = (res: HttpResponse, req: HttpRequest): void => {
    const problem = originProblem(req) ?? (req.getUrl() === '/' ? null : REFUSALS.notFound);
    if (problem !== null) respond(res, problem);
    else res.cork(() => res.writeHeader('Content-Type', options.page.contentType).end(options.page.body));
  };

  /** A throw in these handlers ends the process, whoever listens for uncaught exceptions. */
  const guarded =
    <Rest extends unknown[]>(handler: (res: HttpResponse, ...rest: Rest) => void) =>
    (res: HttpResponse, ...rest: Rest): void => {
      try {
        handler(res, ...rest);
      } catch (error) {
        onFault('http', error);
        respond(res, REFUSALS.fault);
      }
    };

  app.ws<UserData>('/*', {
    // Above our own limit, so that a message between the two can be answered with 1009.
    maxPayloadLength: 2 * maxMessageBytes,
    maxBackpressure: MAX_BACKPRESSURE_BYTES,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    maxLifetime: 0,
    upgrade: guarded(upgrade),
    open: (socket) => {
      const { connection } = socket.getUserData();
      connection.opened(socket);
      options.onOpen(connection);
    },
    message: (socket, data, isBinary) => {
      const { connection } = socket as unknown as UserData;
      if (connection.closed) return;
      const limit =
        connection.lobby === null
          ? maxMessageBytes
          : Math.min(maxMessageBytes, PROTOCOL.maxUnauthenticatedMessageBytes);
      if (data.byteLength > limit) connection.close('messageTooLarge');
      else if (isBinary) options.onBinary(connection);
      else connection.receive(data, options.onText);
    },
    drain: (socket) => options.onDrain(socket.getUserData().connection),
    close: (socket, code) => {
      const { connection } = socket.getUserData();
      connection.gone();
      const { addressKey, authenticated, ended } = connection;
      if (ended && !authenticated) options.later(LINGER_MS, () => admission.leave(addressKey, false));
      else admission.leave(addressKey, authenticated);
      options.onClose(connection, code);
    },
  });
  // Not in the published types; called for TCP connections, with −1 only for those that were never upgraded.
  filterSockets(app, (res, change) => {
    if (change < 0) admission.disconnect();
    else if (!admission.connect()) res.close();
  });
  app.get('/*', guarded(get));
  app.any(
    '/*',
    guarded((res) => respond(res, REFUSALS.notFound)),
  );

  let token: us_listen_socket | null = (await listenExclusively(app, options.host, port)) || null;
  if (token === null) {
    app.close();
    throw new ListenError(await whyNot(options.host, port));
  }
  port = us_socket_local_port(token);

  const stopListening = (): void => {
    stopping = true;
    // Closing the token twice, or after the app, is a segmentation fault.
    if (token !== null) us_listen_socket_close(token);
    token = null;
  };
  return {
    port,
    stopListening,
    close: () => {
      stopListening();
      app.close();
    },
  };
};

/** The library gives no reason; Node's own listener does. */
const whyNot = async (host: string, port: number): Promise<string> => {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
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
