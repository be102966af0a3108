/** The doors on one port, and the change of one for another when the certificate is renewed. */
import { Door, type DoorOptions } from './door.js';
import { type Place, shareAgain } from './port.js';
import type { Requests } from './requests.js';
import type { Certificate } from './tls.js';
import type { TemplatedApp, us_listen_socket } from './uws.js';

/** How long a door that is to be closed may stay open for a moment in which nobody comes. */
const HANDOVER_MS = 1000;
/** A turn of the loop in which next to nothing happened: what has come since the door was looked at is next to nothing, too. */
const QUIET_TURN_MS = 1;

/** Two doors listen, the one with the certificate before and the one with its successor. One of these ends that. */
export interface Handover {
  /** The new one stays. Resolves when the one before it listens no more. */
  complete(): Promise<void>;
  /** The one before stays; who has come through the new one stays, too. */
  cancel(): void;
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

export class Doors {
  readonly #options: DoorOptions;
  readonly #requests: Requests;
  readonly #all = new Set<Door>();
  readonly #host: string;
  #open: Door;

  private constructor(
    options: DoorOptions,
    requests: Requests,
    host: string,
    certificate: Certificate | null,
  ) {
    this.#options = options;
    this.#requests = requests;
    this.#host = host;
    this.#open = this.#make(certificate);
  }

  /**
   * @param take finds the first one its place
   * @throws ListenError, TlsError
   */
  static async open(
    options: DoorOptions,
    requests: Requests,
    certificate: Certificate | null,
    place: Place,
    take: (app: TemplatedApp, place: Place) => us_listen_socket | Promise<us_listen_socket>,
  ): Promise<Doors> {
    const doors = new Doors(options, requests, place.host, certificate);
    try {
      doors.#open.opened(await take(doors.#open.app, place));
    } catch (error) {
      doors.#open.close();
      throw error;
    }
    requests.port = doors.#open.port;
    return doors;
  }

  /** Those that listen or still have connections. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Listens with this certificate, too; connections that are there stay as they are. Not to be called again before
   * the handover has ended.
   * @throws TlsError, ListenError; nothing has changed then.
   */
  present(certificate: Certificate): Handover {
    const before = this.#open;
    const next = this.#make(certificate);
    try {
      next.opened(shareAgain(next.app, { host: this.#host, port: this.#requests.port }));
    } catch (error) {
      next.close();
      throw error;
    }
    this.#open = next;
    return {
      complete: async () => {
        await quietTurn(before);
        before.stopListening();
      },
      cancel: () => {
        this.#open = before;
        next.stopListening();
      },
    };
  }

  /** They accept nothing more; connections go on. */
  stopListening(): void {
    this.#requests.stopping = true;
    for (const door of this.#all) door.stopListening();
  }

  /** Closes everything that is left. */
  close(): void {
    this.#requests.stopping = true;
    // A door leaves the set when it is deserted, which closing it may do.
    for (const door of [...this.#all]) door.close();
  }

  #make(certificate: Certificate | null): Door {
    const door = new Door(this.#options, this.#requests, certificate, (deserted) =>
      this.#all.delete(deserted),
    );
    this.#all.add(door);
    return door;
  }
}
