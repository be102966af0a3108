/** When to connect again after a connection has ended (protocol section 2). Knows neither clock nor socket. */
import type { Retry } from '../schemas/codes.js';

export interface BackOff {
  /** The bound of the first wait. */
  readonly firstMs: number;
  /** The bound that no wait goes beyond, however often it failed. */
  readonly mostMs: number;
}

const HOPELESS: ReadonlySet<Retry> = new Set(['never', 'never-unchanged', 'none']);

/** Waits a random time up to a bound that doubles with each failure, so that those who lost one gateway do not come back together. */
export class RetryPlan {
  readonly #backOff: BackOff;
  readonly #random: () => number;
  /** Since the last connection that lasted. */
  #failures = 0;

  /** @param random from 0, included, to 1 */
  constructor(backOff: BackOff, random: () => number = Math.random) {
    this.#backOff = backOff;
    this.#random = random;
  }

  get #boundMs(): number {
    const { firstMs, mostMs } = this.#backOff;
    return Math.min(mostMs, firstMs * 2 ** this.#failures);
  }

  /** A connection has ended that had been authenticated for so long: one shorter than the wait before it was none to speak of. */
  lasted(livedMs: number): void {
    if (livedMs >= this.#boundMs) this.#failures = 0;
  }

  /**
   * How long to wait before the next attempt.
   *
   * @param hintMs `retry_after_ms`, where the gateway said it
   * @returns null where another attempt would end the same way
   */
  nextDelayMs(rule: Retry, hintMs?: number): number | null {
    if (HOPELESS.has(rule) || (rule === 'after-hint-or-never' && hintMs === undefined)) return null;
    const waitMs = this.#random() * this.#boundMs;
    this.#failures += 1;
    return hintMs === undefined ? waitMs : hintMs + waitMs;
  }
}
