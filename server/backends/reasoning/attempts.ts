/**
 * Whom a run asks, how often, and when: one provider after the other, each a few times with growing pauses, until
 * one begins to speak. It knows neither socket nor clock.
 */
import type { Admission, Breaker } from './breaker.js';
import type { ProviderFailure } from './failure.js';

/** Requests of one run to one provider. */
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** Who has somebody else to ask does not wait long. */
const PATIENCE_WITH_OTHERS_MS = 2000;
const PATIENCE_MS = 30_000;

export class Attempts {
  readonly #breakers: readonly Breaker[];
  /** Who is asked; −1: nobody yet. */
  #at = -1;
  #attempts = 0;

  /** @param breakers of the providers, in the order in which they are asked */
  constructor(breakers: readonly Breaker[]) {
    this.#breakers = breakers;
  }

  /** The next provider to ask, which its breaker has admitted; null: nobody is left. */
  next(nowMs: number): { readonly at: number; readonly admission: Admission } | null {
    this.#attempts = 0;
    for (this.#at += 1; this.#at < this.#breakers.length; this.#at += 1) {
      const admission = this.#breakers[this.#at]?.admit(nowMs) ?? null;
      if (admission !== null) return { at: this.#at, admission };
    }
    return null;
  }

  /**
   * The one that is asked has failed before it said a word.
   *
   * @param random from 0 to 1: pauses of many runs are not in step
   * @returns milliseconds until it is asked again; null: it is not
   */
  pauseAfter(failure: ProviderFailure, random: number): number | null {
    this.#attempts += 1;
    if (!failure.transient || failure.slow || this.#attempts >= MAX_ATTEMPTS) return null;
    const pauseMs = FIRST_PAUSE_MS * 2 ** (this.#attempts - 1) * (0.5 + random);
    const wantedMs = Math.max(pauseMs, failure.retryAfterMs ?? 0);
    const isLast = this.#at >= this.#breakers.length - 1;
    return wantedMs <= (isLast ? PATIENCE_MS : PATIENCE_WITH_OTHERS_MS) ? wantedMs : null;
  }
}
