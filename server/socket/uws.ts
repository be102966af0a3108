/** uWebSockets.js, and what its published types leave out. */
import uWS from 'uWebSockets.js';

export type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  TemplatedApp,
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

type ListenWith = (
  host: string,
  port: number,
  options: number,
  done: (listenSocket: uWS.us_listen_socket | false) => void,
) => void;

/** The library calls back before `listen` returns. Null where the address is not to be had. */
const listenWith = (options: number) => (app: uWS.TemplatedApp, host: string, port: number) => {
  let token: uWS.us_listen_socket | false = false;
  (app.listen.bind(app) as unknown as ListenWith)(host, port, options, (socket) => {
    token = socket;
  });
  return token || null;
};

/** Listens on an address that nobody else has; from then on no other process can have it either. */
export const listenExclusively = listenWith((uWS as unknown as Unpublished).LIBUS_LISTEN_EXCLUSIVE_PORT);

/**
 * Listens on an address that every process of the same user may listen on as well (SO_REUSEPORT of socket(7)), each
 * getting a part of the connections. With port 0 it is exclusive all the same.
 */
export const listenShared = listenWith(0);

export const { App, SSLApp, us_listen_socket_close, us_socket_local_port } = uWS;
