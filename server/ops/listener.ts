/**
 * The operators' own listener, apart from the clients' port: plain HTTP, so that a firewall can tell
 * them apart and a gateway that is full of clients can still be asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackUrl, parseUrl } from '../../schemas/config-kinds.js';
import { bearerCheck } from './bearer.js';

/** Probes and scrapers need a handful. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5000;
/** How often who has not asked in time is looked for; Node's own half a minute would let a few silent ones keep probes out. */
const TIMEOUT_CHECK_MS = 1000;
/** Then the connection is closed and another one taken: who asks without end gets no more of it than others. */
const MAX_REQUESTS_PER_CONNECTION = 1000;

export interface OperationsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Given whether the request may see everything: it shows the token, or there is none. */
type OperationsRoute = (mayAll: boolean) => OperationsAnswer | Promise<OperationsAnswer>;

/** What answers `GET` and `HEAD`, by path. */
export type OperationsRoutes = Readonly<Record<string, OperationsRoute>>;

export interface OperationsOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Null: nobody needs one. */
  readonly token: string | null;
  readonly onFault: (what: string, error: unknown) => void;
}

export interface OperationsListener {
  readonly url: string;
  close(): Promise<void>;
}

/** The message is one sentence for the operator. */
export class OperationsListenError extends Error {
  override readonly name = 'OperationsListenError';
}

export const json = (status: number, value: unknown): OperationsAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

const text = (status: number, body: string): OperationsAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

const isLocalName = (host: string): boolean => {
  const url = parseUrl(`http://${host}`);
  return url !== null && isLoopbackUrl(url);
};

/**
 * Without a token, on an address of this machine alone, being on this machine is what lets in. A browser is, too: under a
 * name of its own that it has made lead here, a foreign page could read all of it (DNS rebinding).
 */
const nameCheck = (host: string, token: string | null): ((asked: string | undefined) => boolean) => {
  if (token !== null || !isLocalName(host.includes(':') ? `[${host}]` : host)) return () => true;
  return (asked) => asked === undefined || isLocalName(asked);
};

/** For those alone who may see everything. */
export const guarded =
  (route: () => OperationsAnswer | Promise<OperationsAnswer>): OperationsRoute =>
  (mayAll) =>
    mayAll ? route() : text(401, 'Show the token of [metrics]: Authorization: Bearer …');

const answerTo = (
  { method, url = '' }: IncomingMessage,
  routes: OperationsRoutes,
  mayAll: boolean,
): OperationsAnswer | Promise<OperationsAnswer> => {
  const path = url.split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    return text(404, `There is nothing here; ask for ${Object.keys(routes).join(', ')}.`);
  }
  return method === 'GET' || method === 'HEAD' ? route(mayAll) : text(405, 'Only GET and HEAD are answered.');
};

/** What an answer of a status needs besides. */
const headersOf = (status: number): Readonly<Record<string, string>> => {
  if (status === 405) return { Allow: 'GET, HEAD' };
  return status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
};

const send = (res: ServerResponse, { status, contentType, body }: OperationsAnswer): void => {
  res.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headersOf(status),
  });
  // Node leaves the body of an answer to HEAD away.
  res.end(body);
};

/** Rejects with {@link OperationsListenError} where it cannot listen. */
export const listenForOperations = async (
  { host, port: wantedPort, token, onFault }: OperationsOptions,
  routes: OperationsRoutes,
): Promise<OperationsListener> => {
  const mayAll = bearerCheck(token);
  const isServed = nameCheck(host, token);
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      if (!isServed(req.headers.host)) {
        send(
          res,
          text(421, 'Ask for localhost or 127.0.0.1; to be asked by another name, set metrics.token_file.'),
        );
        return;
      }
      send(res, await answerTo(req, routes, mayAll(req.headers.authorization)));
    } catch (error) {
      onFault('operations', error);
      send(res, text(500, 'The gateway failed to answer; its log says why.'));
    }
  };
  const timing = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  };
  const server = createServer(timing, (req, res) => void answer(req, res));
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const urlHost = host.includes(':') ? `[${host}]` : host;
  try {
    const listening = once(server, 'listening');
    server.listen(wantedPort, host);
    await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperationsListenError(
      `Metrics and health checks cannot be served on ${urlHost}:${wantedPort} (${code}): set metrics.port to a free port, or to 0 for any.`,
    );
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${urlHost}:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
