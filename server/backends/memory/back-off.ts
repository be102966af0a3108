/** How long something that fails is left alone: longer each time, until it works. */

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

export class BackOff {
  #failures = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** Milliseconds from `nowMs` until it is to be tried again; 0: now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs);
  }

  /** @param atLeastMs what it has asked for itself */
  failed(nowMs: number, atLeastMs = 0): void {
    // Calls that were under way together have failed together.
    if (this.waitMs(nowMs) > 0) return;
    const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#untilMs = nowMs + Math.max(ms, atLeastMs);
  }

  worked(): void {
    this.#failures = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
