/**
 * Turns the wheel of everything that waits, behind what had arrived in time: whoever stood still for longer than a
 * deadline looks at what has come meanwhile before it calls anybody late.
 */
import type { Pump } from './core/streams/pump.js';
import type { Clock } from './core/time/clock.js';
import type { TimerWheel } from './core/time/timer-wheel.js';

export const TICK_MS = 100;
/** A tick that comes this much later than the one before: perhaps the whole process stood still, socket threads included. */
const LATE_MS = 5 * TICK_MS;
/** They are waited for no longer than this. */
const PATIENCE_MS = 1000;

export interface TickerOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
}

export class Ticker {
  /**
   * Resolves when all that had arrived at the sockets is known here. Null where a turn of this thread's loop sees to
   * that, as it does for sockets of its own.
   */
  arrivals: (() => Promise<void>) | null = null;
  readonly #options: TickerOptions;
  #interval: NodeJS.Timeout | null = null;
  #tickedMs: number;
  /** Since when arrivals are waited for; null: they are not. */
  #waitingSinceMs: number | null = null;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#tickedMs = options.clock.nowMs();
  }

  start(): void {
    // Behind the sockets' turn, so that what had arrived is seen first.
    this.#interval ??= setInterval(() => setImmediate(() => this.tick()), TICK_MS);
  }

  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
    this.#waitingSinceMs = null;
    this.arrivals = null;
  }

  tick(): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#waitingSinceMs !== null && nowMs - this.#waitingSinceMs < PATIENCE_MS) return;
    const isLate = this.#waitingSinceMs === null && nowMs - this.#tickedMs > LATE_MS;
    if (isLate && this.arrivals !== null) this.#wait(this.arrivals, nowMs);
    else this.#turn(nowMs);
  }

  #wait(arrivals: () => Promise<void>, sinceMs: number): void {
    this.#waitingSinceMs = sinceMs;
    void arrivals().then(() => {
      if (this.#waitingSinceMs === sinceMs) this.#turn(this.#options.clock.nowMs());
    });
  }

  #turn(nowMs: number): void {
    this.#tickedMs = nowMs;
    this.#waitingSinceMs = null;
    // Whoever has just been promised entries of a log gets them before they are forgotten.
    this.#options.pump.flush();
    this.#options.wheel.advance(nowMs);
  }
}
