/** How much the memory's thread does at a time of what nobody waits for. */

/** Longest work of one step, beside the commit at its end: whoever calls meanwhile waits that long. */
const STEP_MS = 3;
/** And the least, so that a slow clock or a slow machine gets on, too. */
const LEAST_UNITS = 4;
/** Except where a unit takes as long as a step by itself: wiping the words of one long message takes seconds. */
const LONG_MS = 4 * STEP_MS;

/** The time of one step: {@link spent} says when to stop. */
export class Pace {
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #units = 0;

  /** @param nowMs a clock that only goes forward */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** Asked behind every unit of work. */
  get spent(): boolean {
    this.#units += 1;
    const tookMs = this.#nowMs() - this.#startMs;
    return tookMs >= (this.#units < LEAST_UNITS ? LONG_MS : STEP_MS);
  }
}

/** Milliseconds of a clock that only goes forward. */
export const monotonicMs = (): number => performance.now();
