/** The clients' listener, with the sockets in the thread that has the core. */
import type { Admission } from '../core/limits/admission.js';
import type { Peer } from '../core/sessions/peer.js';
import { Connection } from './connection.js';
import { Doors } from './doors.js';
import { Places, type PlacesOptions } from './places.js';
import { CAN_SHARE_PORT, type Place, takePort, takePortShared } from './port.js';
import { type RequestOptions, Requests } from './requests.js';
import { SocketCount } from './socket-count.js';
import type { Certificate } from './tls.js';

export { ListenError } from './port.js';

export interface ListenerOptions
  extends Place,
    Pick<PlacesOptions, 'later'>,
    Omit<RequestOptions, 'tls' | 'enter'> {
  readonly maxMessageBytes: number;
  readonly certificate: Certificate | null;
  /** Counts connections, in all and by address. */
  readonly admission: Admission;
  /** Under which an address is counted. */
  readonly addressKey: (address: string) => string;
  readonly onOpen: (peer: Peer) => void;
  /**
   * One text frame's bytes, which are gone after the call; they stand in `buffer`, from `offset` on. False where what it
   * has brought about waits for promises to settle.
   */
  readonly onText: (peer: Peer, frame: Uint8Array, buffer: ArrayBufferLike, offset: number) => boolean;
  readonly onBinary: (peer: Peer) => void;
  /** The socket has sent some of what was unsent. */
  readonly onDrain: (peer: Peer) => void;
  readonly onClose: (peer: Peer) => void;
}

export interface Listener {
  readonly port: number;
  /** Whether {@link renew} can be done: with TLS, on a system where a port can be shared. */
  readonly canRenew: boolean;
  /** TCP connections that are no WebSockets, or not yet. */
  readonly connecting: number;
  /**
   * Presents this certificate to new connections; those that are there stay as they are. Resolves when the one before
   * it is not presented any more, and is not to be called again until then. Rejects with TlsError or ListenError;
   * nothing has changed then.
   * @param onPresented from now on new connections may see it
   */
  renew(certificate: Certificate, onPresented?: () => void): Promise<void>;
  /**
   * Resolves when the core has been told of all that had arrived; never rejects. Null where it knows at the end of
   * every turn.
   */
  readonly arrivals: (() => Promise<void>) | null;
  /** What {@link ListenerOptions} ask for at every request has changed. Resolves when it holds for every request. */
  rulesChanged(): Promise<void>;
  /** Resolves when nothing more is accepted; connections go on. */
  stopListening(): Promise<void>;
  /** Closes everything that is left. */
  close(): Promise<void>;
}

export interface LocalListener extends Listener {
  /** Apps that listen or still have connections. */
  readonly doors: number;
}

/**
 * @param canShare whether a port may be listened on twice by this process
 * @throws ListenError, TlsError
 */
export const listen = async (options: ListenerOptions, canShare = CAN_SHARE_PORT): Promise<LocalListener> => {
  const { certificate, admission } = options;
  const canRenew = certificate !== null && canShare;
  const count = new SocketCount(SocketCount.cells(), admission.limits);
  const places = new Places(options, count);
  const onAdmitted = ({ addressKey }: Connection): void => admission.authenticated(addressKey);
  const requests = new Requests({
    ...options,
    tls: certificate !== null,
    enter: (address) => {
      const key = options.addressKey(address);
      return places.take(key) ?? new Connection(address, key, onAdmitted);
    },
  });
  const onClose = (connection: Connection): void => {
    places.leave(connection);
    options.onClose(connection);
  };
  const onTooLarge = (connection: Connection): void => connection.close('messageTooLarge');
  const take = canRenew ? takePortShared : takePort;
  const doorOptions = { ...options, count, onTooLarge, onClose };
  const doors = await Doors.open(doorOptions, requests, certificate, options, take);
  return {
    port: requests.port,
    canRenew,
    get connecting() {
      return count.connecting;
    },
    get doors() {
      return doors.size;
    },
    renew: async (renewed, onPresented) => {
      const handover = doors.present(renewed);
      onPresented?.();
      await handover.complete();
    },
    arrivals: null,
    rulesChanged: async () => {},
    stopListening: async () => doors.stopListening(),
    close: async () => doors.close(),
  };
};
