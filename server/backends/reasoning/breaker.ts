/** A circuit breaker: a provider that fails and fails is not asked for a while. It knows no clock. */

/** Runs that fail one after another. */
const OPENS_AFTER = 5;
const OPEN_MS = 30_000;

/** That a run may ask; said again when it is known what came of it. */
export interface Admission {
  /** It is the one that finds out whether an open breaker can be closed. */
  readonly isTrial: boolean;
}

export class Breaker {
  /** Runs that have failed since the last one that worked. */
  #failures = 0;
  /** While it is open; afterwards one run at a time may try. */
  #openUntilMs = Number.NEGATIVE_INFINITY;
  #isTried = false;

  get isOpen(): boolean {
    return this.#failures >= OPENS_AFTER;
  }

  /** Null: the provider is not to be asked. Afterwards comes {@link worked}, {@link failed} or {@link leave}. */
  admit(nowMs: number): Admission | null {
    if (!this.isOpen) return { isTrial: false };
    if (nowMs < this.#openUntilMs || this.#isTried) return null;
    this.#isTried = true;
    return { isTrial: true };
  }

  /** Whoever it was, the provider works. */
  worked(): void {
    this.#failures = 0;
    this.#isTried = false;
  }

  /** True: this has opened it. */
  failed({ isTrial }: Admission, nowMs: number): boolean {
    const wasOpen = this.isOpen;
    // Runs that were under way when it opened tell nothing new.
    if (wasOpen && !isTrial) return false;
    if (isTrial) this.#isTried = false;
    this.#failures += 1;
    if (!this.isOpen) return false;
    this.#openUntilMs = nowMs + OPEN_MS;
    return !wasOpen;
  }

  /** The run ended and tells nothing: it was cancelled, or the provider did not like the request. */
  leave({ isTrial }: Admission): void {
    if (isTrial) this.#isTried = false;
  }
}
