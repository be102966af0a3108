/** When a server that has ended is started again: soon, and then later each time, until one has lasted. */

const FIRST_MS = 250;
const SECOND_MS = 1000;
const LONGEST_MS = 60_000;
/** One that worked for so long has not ended for the same reason as the one before. */
const LASTED_MS = 60_000;
/** A thread that is ended by force cannot clear up behind its process, whose place the system keeps: not without end. */
const MAX_FORCED = 20;

export class RestartDelays {
  #failures = 0;
  #forced = 0;

  /**
   * Milliseconds to wait now; null: it is not to be started any more.
   * @param workedMs how long it was ready; 0: it never was
   * @param wasForced its thread was ended, and it with it
   */
  next(workedMs: number, wasForced = false): number | null {
    if (wasForced) this.#forced += 1;
    if (this.#forced >= MAX_FORCED) return null;
    if (workedMs >= LASTED_MS) this.#failures = 0;
    this.#failures += 1;
    return this.#failures === 1 ? FIRST_MS : Math.min(LONGEST_MS, SECOND_MS * 2 ** (this.#failures - 2));
  }
}
