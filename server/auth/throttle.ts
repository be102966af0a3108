/** How often one address may fail to authenticate (protocol section 3). */

interface ThrottleOptions {
  /** Failures within `windowMs` that are judged; the next ones are refused unseen. 10. */
  readonly maxFailures?: number;
  /** Length of the sliding window. 60 000. */
  readonly windowMs?: number;
  /**
   * Addresses remembered at most, about 200 bytes each. 65 536. Beyond it the ones quiet for longest are
   * forgotten: who commands that many addresses is not held up by counting them, and must not fill the memory.
   */
  readonly maxAddresses?: number;
}

/**
 * Counts failures per address in a sliding window. A failure that was refused unseen is not counted, so that
 * "try again in n ms" is true when it is said.
 *
 * Addresses live in two generations. A failure moves its address to the younger one; when that is full or a
 * window old, it becomes the elder, and what the elder still held is dropped. So memory is bounded and no
 * operation ever walks through the addresses.
 */
export class FailureThrottle {
  readonly #maxFailures: number;
  readonly #windowMs: number;
  readonly #generationSize: number;
  #young = new Map<string, readonly number[]>();
  #elder: ReadonlyMap<string, readonly number[]> = new Map();
  #youngSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: ThrottleOptions = {}) {
    this.#maxFailures = options.maxFailures ?? 10;
    this.#windowMs = options.windowMs ?? 60_000;
    this.#generationSize = Math.max(1, Math.floor((options.maxAddresses ?? 65_536) / 2));
  }

  /** Addresses held in memory; at most `maxAddresses`. */
  get size(): number {
    return this.#young.size + this.#elder.size;
  }

  /** Whole milliseconds until a failure of `key` would be judged again, 0 (now) to `windowMs`. */
  retryAfterMs(key: string, nowMs: number): number {
    const failures = this.#failuresOf(key, nowMs);
    const oldest = failures[failures.length - this.#maxFailures];
    return oldest === undefined ? 0 : Math.ceil(oldest + this.#windowMs - nowMs);
  }

  /** Counts one failure of `key`. */
  recordFailure(key: string, nowMs: number): void {
    const failures = [...this.#failuresOf(key, nowMs), nowMs].slice(-this.#maxFailures);
    const crowded = this.#young.size >= this.#generationSize && !this.#young.has(key);
    if (crowded || nowMs - this.#youngSinceMs >= this.#windowMs) {
      this.#elder = this.#young;
      this.#young = new Map();
      this.#youngSinceMs = nowMs;
    }
    this.#young.set(key, failures);
  }

  /** Times of the failures within the window, oldest first. Times ahead of a clock that was set back do not count. */
  #failuresOf(key: string, nowMs: number): readonly number[] {
    const failures = this.#young.get(key) ?? this.#elder.get(key) ?? [];
    return failures.filter((atMs) => atMs > nowMs - this.#windowMs && atMs <= nowMs);
  }
}
