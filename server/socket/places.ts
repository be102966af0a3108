/** Who has a place among the connections (protocol section 1), from the moment it is let in until it has really gone. */
import type { AdmissionRefusal } from '../core/limits/admission.js';
import type { SocketCount } from './socket-count.js';
import { REFUSALS, type Refusal } from './upgrade.js';

/**
 * A client that does not answer our close frame keeps its descriptor this long. Strangers keep their place in the
 * count as well, or one address could have any number of them.
 */
const LINGER_MS = 16_000;

/** Counts connections, in all and by address. */
export interface PlaceTable {
  /** Null where one more connection may come: it counts from then on, as unauthenticated. */
  tryEnter(addressKey: string): AdmissionRefusal | null;
  /** A connection has authenticated. Once for each that entered, at most. */
  authenticated(addressKey: string): void;
  /** A connection has gone. Once for each that entered. */
  leave(addressKey: string, wasAuthenticated: boolean): void;
}

export interface PlacesOptions {
  readonly admission: PlaceTable;
  /** Runs something {@link LINGER_MS} later. */
  readonly later: (delayMs: number, task: () => void) => void;
}

/** Whose place it is. */
export interface Holder {
  /** Under which its address is counted. */
  readonly addressKey: string;
  readonly authenticated: boolean;
  /** The gateway has ended it: its descriptor lives on until the client has closed its side, 16 s at most. */
  readonly ended: boolean;
}

/** Does its place stay taken for a while when it has gone? */
export const lingers = ({ authenticated, ended }: Holder): boolean => ended && !authenticated;

export class Places {
  readonly #options: PlacesOptions;
  readonly #count: SocketCount;

  constructor(options: PlacesOptions, count: SocketCount) {
    this.#options = options;
    this.#count = count;
  }

  /** Takes a place for a connection that is about to be upgraded; or says why there is none. */
  take(addressKey: string): Refusal | null {
    const refusal = this.#options.admission.tryEnter(addressKey);
    if (refusal === null) return null;
    return refusal === 'gateway-full' ? REFUSALS.gatewayFull : REFUSALS.addressFull;
  }

  /** A connection that was upgraded has gone. */
  leave(holder: Holder): void {
    if (lingers(holder)) this.linger(holder.addressKey);
    else this.#free(holder.addressKey, holder.authenticated);
  }

  /** A stranger that was upgraded has been closed, and its descriptor may live on. */
  linger(addressKey: string): void {
    this.#options.later(LINGER_MS, () => this.#free(addressKey, false));
  }

  #free(addressKey: string, wasAuthenticated: boolean): void {
    this.#options.admission.leave(addressKey, wasAuthenticated);
    this.#count.left();
  }
}
