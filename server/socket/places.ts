/** Who has a place among the connections (protocol section 1), from the moment it is let in until it has really gone. */
import type { Admission } from '../core/limits/admission.js';
import type { SocketCount } from './socket-count.js';
import { REFUSALS, type Refusal } from './upgrade.js';

/**
 * A client that does not answer our close frame keeps its descriptor this long. Strangers keep their place in the
 * count as well, or one address could have any number of them.
 */
const LINGER_MS = 16_000;

export interface PlacesOptions {
  readonly admission: Admission;
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

export class Places {
  readonly #options: PlacesOptions;
  readonly #count: SocketCount;

  constructor(options: PlacesOptions, count: SocketCount) {
    this.#options = options;
    this.#count = count;
  }

  /** Takes a place for a connection that is about to be upgraded; or says why there is none. */
  take(addressKey: string): Refusal | null {
    const { admission } = this.#options;
    const refusal = admission.refusal(addressKey);
    if (refusal !== null) return refusal === 'gateway-full' ? REFUSALS.gatewayFull : REFUSALS.addressFull;
    admission.enter(addressKey);
    return null;
  }

  /** Gives back a place that was taken for a connection which was not upgraded after all. */
  giveBack(addressKey: string): void {
    this.#options.admission.leave(addressKey, false);
  }

  /** A connection that was upgraded has gone. */
  leave({ addressKey, authenticated, ended }: Holder): void {
    const { admission, later } = this.#options;
    const free = (): void => {
      admission.leave(addressKey, authenticated);
      this.#count.left();
    };
    if (ended && !authenticated) later(LINGER_MS, free);
    else free();
  }
}
