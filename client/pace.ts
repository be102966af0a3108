/** Keeps to the gateway's rate limit, so that nothing is refused (protocol section 6). Knows no clock. */

/** The gateway looks at the clock once for all that it finds at a time, so its time may be a little behind. */
const LAG_MS = 250;

/** A token bucket as the gateway has one for this connection. */
export class Pace {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;
  #heldUntilMs = 0;

  /**
   * @param perSecond messages that may go each second, above 0
   * @param burst messages that may go at once
   * @param spent messages that the gateway has counted already
   */
  constructor(perSecond: number, burst: number, nowMs: number, spent = 0) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst - spent;
    this.#filledAtMs = nowMs + LAG_MS;
  }

  /** How long until the next message may go; 0: now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    const missing = 1 - this.#tokens;
    // A little late rather than a little early, however fractions add up.
    const lagMs = Math.max(0, this.#filledAtMs - nowMs);
    const filledInMs = missing <= 0 ? 0 : Math.floor((missing / this.#perSecond) * 1000 + lagMs) + 1;
    return Math.max(filledInMs, this.#heldUntilMs - nowMs);
  }

  /** A message goes. */
  spend(nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= 1;
  }

  /** The gateway refuses everything until then. */
  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  #fill(nowMs: number): void {
    const passedMs = nowMs - this.#filledAtMs;
    if (passedMs > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs / 1000) * this.#perSecond);
      this.#filledAtMs = nowMs;
    }
    // While it is full nothing comes back.
    if (this.#tokens === this.#burst) this.#filledAtMs = nowMs + LAG_MS;
  }
}
