/**
 * The operators' own listener, apart from the clients' port: plain HTTP, so that a firewall can tell
 * them apart and a gateway that is full of clients can still be asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Probes and scrapers need a handful. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5000;

export interface OperationsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What answers `GET` and `HEAD`, by path. */
export type OperationsRoutes = Readonly<Record<string, () => OperationsAnswer>>;

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

const answerTo = ({ method, url = '' }: IncomingMessage, routes: OperationsRoutes): OperationsAnswer => {
  const path = url.split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    return text(404, `There is nothing here; ask for ${Object.keys(routes).join(', ')}.`);
  }
  return method === 'GET' || method === 'HEAD' ? route() : text(405, 'Only GET and HEAD are answered.');
};

/** Port 0: any free one. Rejects with {@link OperationsListenError} where it cannot listen. */
export const listenForOperations = async (
  place: { readonly host: string; readonly port: number },
  routes: OperationsRoutes,
): Promise<OperationsListener> => {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (req, res: ServerResponse) => {
    const { status, contentType, body } = answerTo(req, routes);
    res.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    });
    // Node leaves the body of an answer to HEAD away.
    res.end(body);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const urlHost = place.host.includes(':') ? `[${place.host}]` : place.host;
  try {
    const listening = once(server, 'listening');
    server.listen(place.port, place.host);
    await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperationsListenError(
      `Health checks cannot be served on ${urlHost}:${place.port} (${code}): set metrics.port to a free port, or to 0 for any.`,
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
