/** One uWebSockets.js app on the clients' port. With TLS there is one for each certificate that still has connections. */
import { PROTOCOL } from '../../schemas/codes.js';
import type { Connection, TakeFrame, UserData } from './connection.js';
import { PingWatch } from './ping-watch.js';
import type { Requests } from './requests.js';
import type { SocketCount } from './socket-count.js';
import { type Certificate, digestOf, TlsError } from './tls.js';
import {
  App,
  filterSockets,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
  type WebSocket,
} from './uws.js';

/** The most the library takes: beyond `maxBackpressure` a close code is lost, so our own limits are the ones that count. */
const MAX_BACKPRESSURE_BYTES = 2 ** 31 - 1;
/** Beneath our own heartbeat: the library closes a connection without any traffic, its own pings included, after this. */
const IDLE_TIMEOUT_SECONDS = 120;

export interface DoorOptions {
  readonly maxMessageBytes: number;
  readonly count: SocketCount;
  readonly onOpen: (connection: Connection) => void;
  /** One text frame's bytes, which are gone after the call. */
  readonly onText: TakeFrame;
  readonly onBinary: (connection: Connection) => void;
  /** A message beyond its limit: the connection is to be closed behind what came before. */
  readonly onTooLarge: (connection: Connection) => void;
  readonly onDrain: (connection: Connection) => void;
  /** @param code see {@link Connection.closeCode} */
  readonly onClose: (connection: Connection) => void;
}

/**
 * The library reads the files again by itself: what it got must be what was checked.
 * @throws TlsError
 */
const secureApp = ({ appOptions, digest, files }: Certificate): TemplatedApp => {
  let app: TemplatedApp | null = null;
  try {
    app = SSLApp(appOptions);
  } catch {
    // Its sentence is the same for every fault.
  }
  if (app !== null && digestOf(files) === digest) return app;
  app?.close();
  throw new TlsError(`${files.certPath} or ${files.keyPath} changed while it was read; try again.`);
};

export class Door {
  readonly app: TemplatedApp;
  /** TCP connections so far. */
  accepted = 0;
  readonly #onDeserted: (door: Door) => void;
  /** TCP connections now. */
  #connections = 0;
  #token: us_listen_socket | null = null;
  /** Of those connections that have sent a ping: most never do. */
  readonly #pings = new WeakMap<Connection, PingWatch>();

  /**
   * @param onDeserted it listens no more, and its last connection has gone
   * @throws TlsError
   */
  constructor(
    options: DoorOptions,
    requests: Requests,
    certificate: Certificate | null,
    onDeserted: (door: Door) => void,
  ) {
    this.app = certificate === null ? App() : secureApp(certificate);
    this.#onDeserted = onDeserted;
    this.#handle(options, requests);
  }

  /** The port; 0 while it does not listen. */
  get port(): number {
    return this.#token === null ? 0 : us_socket_local_port(this.#token);
  }

  /** From now on it listens. */
  opened(token: us_listen_socket): void {
    this.#token = token;
  }

  /** Accepts nothing more; connections go on. */
  stopListening(): void {
    // Closing the token twice, or after the app, is a segmentation fault.
    if (this.#token !== null) us_listen_socket_close(this.#token);
    this.#token = null;
    this.#leave(0);
  }

  /** Closes everything that is left. */
  close(): void {
    this.stopListening();
    this.app.close();
  }

  #leave(connections: number): void {
    this.#connections -= connections;
    if (this.#connections === 0 && this.#token === null) this.#onDeserted(this);
  }

  /** The library has answered it already. */
  #takePing(socket: WebSocket<UserData>, payloadBytes: number): void {
    const { connection } = socket.getUserData();
    if (connection.closed) return;
    let watch = this.#pings.get(connection);
    if (watch === undefined) {
      watch = new PingWatch();
      this.#pings.set(connection, watch);
    }
    const verdict = watch.take(payloadBytes, socket.getBufferedAmount(), performance.now());
    if (verdict !== null) connection.close(verdict);
  }

  #handle(options: DoorOptions, requests: Requests): void {
    const { count, maxMessageBytes, onText } = options;
    const maxStrangerBytes = Math.min(maxMessageBytes, PROTOCOL.maxUnauthenticatedMessageBytes);
    this.app.ws<UserData>('/*', {
      // Above our own limit, so that a message between the two can be answered with 1009.
      maxPayloadLength: 2 * maxMessageBytes,
      maxBackpressure: MAX_BACKPRESSURE_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      maxLifetime: 0,
      upgrade: requests.upgrade,
      open: (socket) => {
        const { connection } = socket.getUserData();
        count.upgraded();
        connection.opened(socket);
        options.onOpen(connection);
      },
      message: (socket, data, isBinary) => {
        const { connection } = socket as unknown as UserData;
        if (connection.closed) return;
        // Its length, as the buffer's own takes a call to ask for.
        const frame = new Uint8Array(data);
        const limit = connection.authenticated ? maxMessageBytes : maxStrangerBytes;
        if (frame.length > limit) options.onTooLarge(connection);
        else if (isBinary) options.onBinary(connection);
        else connection.receive(frame, data, onText);
      },
      ping: (socket, payload) => this.#takePing(socket, payload.byteLength),
      drain: (socket) => options.onDrain(socket.getUserData().connection),
      close: (socket, code) => {
        const { connection } = socket.getUserData();
        connection.gone(code);
        options.onClose(connection);
        this.#leave(1);
      },
    });
    // Not in the published types; called for TCP connections, with −1 only for those that were never upgraded.
    filterSockets(this.app, (res, change) => {
      if (change < 0) {
        count.disconnect();
        this.#leave(1);
        return;
      }
      this.accepted += 1;
      this.#connections += 1;
      if (!count.connect()) res.close();
    });
    this.app.get('/*', requests.get);
    this.app.head('/*', requests.head);
    this.app.any('/*', requests.other);
  }
}
