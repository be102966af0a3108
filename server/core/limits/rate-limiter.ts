/**
 * The rate limit of one connection (protocol section 6): a token bucket for bursts, a window for
 * the minute, and a cooldown for whoever goes over either. Knows no clock; allocates nothing on
 * the path of a message that passes.
 */

export interface RateLimits {
  enabled: boolean;
  /** Tokens that come back each second. */
  messagesPerSecond: number;
  /** Let through in any 60 seconds, at most. */
  messagesPerMinute: number;
  /** Tokens in a full bucket. */
  burstSize: number;
  cooldownMs: number;
}

/** What becomes of a message. */
export const PASSES = 0;
export const REFUSED = 1;
/** Refused, and the client has gone on through its cooldown: the connection is to be closed. */
export const CLOSES = 2;
export type RateVerdict = typeof PASSES | typeof REFUSED | typeof CLOSES;

/** The option that a refused message ran into. */
export type RateLimitName = 'messages_per_second' | 'messages_per_minute';

const SLOT_MS = 1000;
/** The minute before, and the second that has begun: a message leaves the count only once it is 60 s old for certain. */
const SLOTS = 61;

export class RateLimiter {
  #tokens: number;
  #filledAtMs: number;
  #coolsUntilMs = 0;
  /** Messages let through in the second that has begun, which are in no slot yet, and in the whole window. */
  #inSecond = 0;
  #inWindow = 0;
  /** The second that has begun, counted from the clock's start. */
  #second: number;
  /** Messages let through in each of the seconds before; made when the second begins. */
  #slots: Uint32Array | null = null;
  #refusedInCooldown = 0;
  /** Of the last refusal. */
  limit: RateLimitName = 'messages_per_second';

  constructor(limits: RateLimits, nowMs: number) {
    this.#tokens = limits.burstSize;
    this.#filledAtMs = nowMs;
    this.#second = Math.floor(nowMs / SLOT_MS);
  }

  /** How long the connection still cools down; 0 where it does not. */
  retryAfterMs(nowMs: number): number {
    return Math.max(0, Math.ceil(this.#coolsUntilMs - nowMs));
  }

  /** Judges one message. `nowMs` is monotonic. */
  take(nowMs: number, limits: RateLimits): RateVerdict {
    if (!limits.enabled) return PASSES;
    if (nowMs < this.#coolsUntilMs) return this.#refuse(limits);
    // A message may be as old as its turn of the loop, and the bucket younger.
    if (nowMs > this.#filledAtMs) this.#advance(nowMs, limits);
    if (this.#tokens < 1) return this.#cool(nowMs, limits, 'messages_per_second');
    if (this.#inWindow >= limits.messagesPerMinute) return this.#cool(nowMs, limits, 'messages_per_minute');
    this.#tokens -= 1;
    this.#inWindow += 1;
    this.#inSecond += 1;
    return PASSES;
  }

  #advance(nowMs: number, { messagesPerSecond, burstSize }: RateLimits): void {
    const filled = this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * messagesPerSecond;
    this.#tokens = Math.min(burstSize, filled);
    this.#filledAtMs = nowMs;
    this.#slide(Math.floor(nowMs / SLOT_MS));
  }

  /** Drops from the count what has left the window, now that `second` has begun. */
  #slide(second: number): void {
    if (second === this.#second) return;
    if (second - this.#second >= SLOTS) {
      this.#slots?.fill(0);
      this.#inWindow = 0;
    } else {
      this.#slots ??= new Uint32Array(SLOTS);
      const slots = this.#slots;
      slots[this.#second % SLOTS] = this.#inSecond;
      for (let passed = this.#second + 1; passed <= second; passed += 1) {
        const slot = passed % SLOTS;
        this.#inWindow -= slots[slot] as number;
        slots[slot] = 0;
      }
    }
    this.#second = second;
    this.#inSecond = 0;
  }

  #cool(nowMs: number, limits: RateLimits, limit: RateLimitName): RateVerdict {
    this.limit = limit;
    // Whole milliseconds: adding and taking away a fraction may leave more than the cooldown.
    this.#coolsUntilMs = Math.floor(nowMs) + limits.cooldownMs;
    this.#refusedInCooldown = 0;
    return this.#refuse(limits);
  }

  #refuse({ burstSize }: RateLimits): RateVerdict {
    this.#refusedInCooldown += 1;
    return this.#refusedInCooldown > burstSize ? CLOSES : REFUSED;
  }
}
