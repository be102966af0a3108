/** The clients' listener: a port, the doors on it, and the change of one for another when the certificate is renewed. */
import { Door, type DoorOptions } from './door.js';
import { CAN_SHARE_PORT, type Place, shareAgain, takePort, takePortShared } from './port.js';
import { type RequestOptions, Requests } from './requests.js';
import type { Certificate } from './tls.js';

export { ListenError } from './port.js';

/** How long a door that is to be closed may stay open for a moment in which nobody comes. */
const HANDOVER_MS = 1000;
/** A turn of the loop in which next to nothing happened: what has come since the door was looked at is next to nothing, too. */
const QUIET_TURN_MS = 1;

export interface ListenerOptions extends Place, DoorOptions, Omit<RequestOptions, 'tls'> {
  readonly certificate: Certificate | null;
  /** Whether a port may be listened on twice by this process. {@link CAN_SHARE_PORT} unless given. */
  readonly canShare?: boolean;
}

export interface Listener {
  readonly port: number;
  /** Whether {@link renew} can be done: with TLS, on a system where a port can be shared. */
  readonly canRenew: boolean;
  /** Apps that listen or still have connections. */
  readonly doors: number;
  /**
   * Presents this certificate to new connections; those that are there stay as they are. Resolves when the one before
   * it is not presented any more, and is not to be called again until then.
   * @throws TlsError, ListenError at once; nothing has changed then.
   */
  renew(certificate: Certificate): Promise<void>;
  /** Accepts nothing more; connections go on. */
  stopListening(): void;
  /** Closes everything that is left. */
  close(): void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Waits for a turn of the loop in which this door accepted nobody and little else was done. Closing a listening socket
 * resets who waits in its queue, and every turn empties that queue: so it is shortest right behind such a turn.
 */
const quietTurn = async (door: Door): Promise<void> => {
  const untilMs = performance.now() + HANDOVER_MS;
  await nextTurn();
  for (let nowMs = performance.now(); nowMs < untilMs; ) {
    const { accepted } = door;
    const beforeMs = nowMs;
    await nextTurn();
    nowMs = performance.now();
    if (door.accepted === accepted && nowMs - beforeMs < QUIET_TURN_MS) return;
  }
};

/** @throws ListenError, TlsError */
export const listen = async (options: ListenerOptions): Promise<Listener> => {
  const { host, certificate, canShare = CAN_SHARE_PORT } = options;
  const canRenew = certificate !== null && canShare;
  const requests = new Requests({ ...options, tls: certificate !== null });
  const doors = new Set<Door>();
  const makeDoor = (presented: Certificate | null): Door => {
    const door = new Door(options, requests, presented, (deserted) => doors.delete(deserted));
    doors.add(door);
    return door;
  };

  let open = makeDoor(certificate);
  try {
    open.opened(await (canRenew ? takePortShared : takePort)(open.app, options));
  } catch (error) {
    open.close();
    throw error;
  }
  const { port } = open;
  requests.port = port;

  const stopListening = (): void => {
    requests.stopping = true;
    for (const door of doors) door.stopListening();
  };
  return {
    port,
    canRenew,
    get doors() {
      return doors.size;
    },
    renew: (renewed) => {
      const before = open;
      const next = makeDoor(renewed);
      try {
        next.opened(shareAgain(next.app, { host, port }));
      } catch (error) {
        next.close();
        throw error;
      }
      open = next;
      return quietTurn(before).then(() => before.stopListening());
    },
    stopListening,
    close: () => {
      requests.stopping = true;
      // A door leaves the set when it is deserted, which closing it may do.
      for (const door of [...doors]) door.close();
    },
  };
};
