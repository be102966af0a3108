/** How much a server may say unasked or asked: far more than any that works, and less than what keeps a core busy. */

const WINDOW_MS = 10_000;
const MAX_MESSAGES = 20_000;
const MAX_BYTES = 128 * 1024 * 1024;

export class FloodGuard {
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  #bytes = 0;

  /** False: that was too much. */
  take(nowMs: number, bytes: number): boolean {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#messages = 0;
      this.#bytes = 0;
    }
    this.#messages += 1;
    this.#bytes += bytes;
    return this.#messages <= MAX_MESSAGES && this.#bytes <= MAX_BYTES;
  }
}
