/** A gateway's clock that a test can set: for what takes seconds, an hour or a day. */
import type { Clock } from '../../server/core/time/clock.js';

/** Runs like the system's. What it is set to takes effect with the gateway's next tick, 100 ms later at most. */
export class SettableClock implements Clock {
  #passedMs = 0;
  #stepMs = 0;

  #onRead: () => void = () => {};

  nowMs(): number {
    this.#onRead();
    return performance.now() + this.#passedMs;
  }

  wallMs(): number {
    return Date.now() + this.#passedMs + this.#stepMs;
  }

  /**
   * Resolves when it has been looked at twice: by the timers of a gateway to which nobody is talking, which at the first
   * look may find that they have to ask socket threads what has come meanwhile.
   */
  async read(): Promise<void> {
    for (let looks = 0; looks < 2; looks += 1) {
      await new Promise<void>((resolve) => {
        this.#onRead = resolve;
      });
    }
  }

  /** So much time has passed, by either clock. */
  pass(ms: number): void {
    this.#passedMs += ms;
  }

  /** Somebody sets the wall clock forward, or back where `ms` is negative; the time that passes is not touched by it. */
  stepWall(ms: number): void {
    this.#stepMs += ms;
  }
}
