/** The library in Node, on `ws`: a WebSocket that is built in cannot say which certificate it trusts. */
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { connectBy, type Gateway } from './gateway.js';
import type { ConnectOptions } from './options.js';
import type { ClientSocket } from './socket.js';

export * from './index.js';

export interface NodeConnectOptions extends ConnectOptions {
  /**
   * SHA-256 of the one certificate to trust, in hex with or without colons, whatever its names, issuer and
   * dates (protocol section 9). Left out: the system's rules.
   */
  readonly fingerprint?: string;
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** Connects, and hangs up on every certificate but one: before there is an open WebSocket to send a token on. */
const connectPinned = (options: ConnectionOptions, fingerprint: string): Socket => {
  const socket = connectTls({
    ...options,
    // The HTTP client's `path` is that of the URL; here it would be that of a Unix socket.
    path: undefined,
    servername: isIP(options.host ?? '') === 0 ? options.host : '',
    rejectUnauthorized: false,
  } as ConnectionOptions);
  socket.once('secureConnect', () => {
    const presented = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
    if (plain(presented) !== plain(fingerprint)) {
      socket.destroy(new Error('the server presents another certificate than the gateway of this machine'));
    }
  });
  return socket;
};

/**
 * Opens a WebSocket with `ws`.
 *
 * @param url `ws://` or `wss://`.
 * @throws SyntaxError where the URL is none of those.
 */
const openSocket = (url: string, fingerprint: string | undefined): ClientSocket => {
  const options: ClientOptions = { perMessageDeflate: false };
  if (fingerprint !== undefined) {
    const connect = (to: ConnectionOptions) => connectPinned(to, fingerprint);
    // Typed with every overload of net.createConnection; ws calls it with options alone.
    options.createConnection = connect as NonNullable<ClientOptions['createConnection']>;
  }
  return new WebSocket(url, options) as ClientSocket;
};

/**
 * Connects to a gateway and authenticates.
 *
 * @throws GatewayError where it refuses the token (4011); ConnectionClosedError where it cannot be reached, closes, or takes longer
 *   than `timeoutMs`, with what the system said as its `cause`; SyntaxError where the URL is none; the signal's reason.
 */
export const connect = (options: NodeConnectOptions): Promise<Gateway> =>
  connectBy(options, () => openSocket(options.url, options.fingerprint));
