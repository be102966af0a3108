/** Keeps to the gateway's rate limit, so that nothing is refused (protocol section 6). Knows no clock. */

/** The gateway looks at the clock once for all that it finds at a time, so its time may be a little behind. */
const LAG_MS = 100;
/** What was sent has arrived by then, or so late that being refused is the lesser evil. */
const TRANSIT_MS = 2000;

/**
 * A token bucket as the gateway has one for this connection. When a message is counted there is not known here, only that it is
 * before its answer; so its token is kept back from the moment it is sent, and taken when it is answered. Where all that is under way
 * arrives at a time, there are tokens for all of it.
 */
export class Pace {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number;
  #heldUntilMs = 0;
  /** When the messages under way were sent, by id, oldest first. */
  readonly #underWay = new Map<number, number>();

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

  /** How long until it is worth asking again whether the next message may go, if nothing is answered before; 0: it may go now. */
  waitMs(nowMs: number): number {
    this.#advance(nowMs);
    const missing = 1 - (this.#tokens - this.#underWay.size);
    const lagMs = Math.max(0, this.#filledAtMs - nowMs);
    // A little late rather than a little early, however fractions add up.
    const filledInMs = missing <= 0 ? 0 : Math.floor((missing / this.#perSecond) * 1000 + lagMs) + 1;
    return Math.max(Math.min(filledInMs, TRANSIT_MS), this.#heldUntilMs - nowMs);
  }

  /** A message goes. */
  sent(id: number, nowMs: number): void {
    this.#underWay.set(id, nowMs);
  }

  /** It was answered, however. */
  answered(id: number, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#underWay.delete(id)) this.#tokens -= 1;
  }

  /** The gateway refuses everything until then. */
  hold(untilMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  #advance(nowMs: number): void {
    for (const [id, sentAtMs] of this.#underWay) {
      if (sentAtMs + TRANSIT_MS > nowMs) break;
      this.#fill(sentAtMs + TRANSIT_MS);
      this.#underWay.delete(id);
      this.#tokens -= 1;
    }
    this.#fill(nowMs);
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
