/** A clock that is read once a turn of the event loop: what arrived in one turn arrived at one time. */
import type { Clock } from './clock.js';

/** Before every time of the clock. */
const UNREAD_MS = -1;

/**
 * Reading the system's clock takes as long as recognising a small message, and a busy turn brings hundreds of them.
 * The time is that of the turn's first message: no later than that of any that came with it.
 */
export class TurnClock {
  readonly #clock: Clock;
  readonly #atEndOfTurn: (task: () => void) => void;
  #nowMs = UNREAD_MS;
  readonly #forget = (): void => {
    this.#nowMs = UNREAD_MS;
  };

  /** @param atEndOfTurn such as `setImmediate` */
  constructor(clock: Clock, atEndOfTurn: (task: () => void) => void) {
    this.#clock = clock;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** Monotonic milliseconds, as {@link Clock.nowMs} gives them. */
  nowMs(): number {
    if (this.#nowMs === UNREAD_MS) {
      this.#nowMs = this.#clock.nowMs();
      this.#atEndOfTurn(this.#forget);
    }
    return this.#nowMs;
  }
}
