/** uWebSockets.js, and what its published types leave out. */
import uWS from 'uWebSockets.js';

export type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js';

interface Filtering {
  filter(handler: (res: uWS.HttpResponse, change: number) => void): void;
}

/** Calls `handler` when a TCP connection opens (1) and when one that was not upgraded has gone (−1); `res.close()` refuses it. */
export const filterSockets = (
  app: uWS.TemplatedApp,
  handler: (res: uWS.HttpResponse, change: number) => void,
): void => (app as unknown as Filtering).filter(handler);

interface Unpublished {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

type ListenExclusively = (
  host: string,
  port: number,
  options: number,
  done: (listenSocket: uWS.us_listen_socket | false) => void,
) => void;

/**
 * Listens on an address that no other process may share: without the flag a second process of the
 * same user silently gets half of the connections. `false` where the address is not to be had.
 */
export const listenExclusively = (app: uWS.TemplatedApp, host: string, port: number) =>
  new Promise<uWS.us_listen_socket | false>((resolve) => {
    const listen = app.listen.bind(app) as unknown as ListenExclusively;
    const { LIBUS_LISTEN_EXCLUSIVE_PORT: exclusive } = uWS as unknown as Unpublished;
    listen(host, port, exclusive, resolve);
  });

export const { App, SSLApp, us_listen_socket_close, us_socket_local_port } = uWS;
