/** Beats at a rate, however often the timer comes: what was missed is made up for, each beat with the time it was due. */

/** A stall is not made up for beyond this: a burst of seconds would measure the burst. */
const MOST_BEHIND_MS = 1000;
const TICK_MS = 1;

export class Metronome {
  readonly #onBeat: (dueMs: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #intervalMs = 0;
  #dueMs = 0;

  /** @param onBeat is told when the beat was due, on the clock of `performance.now()` */
  constructor(onBeat: (dueMs: number) => void) {
    this.#onBeat = onBeat;
  }

  /** From now on so many beats a second; 0: none. */
  set(perSecond: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (perSecond === 0) return;
    this.#intervalMs = 1000 / perSecond;
    this.#dueMs = performance.now() + this.#intervalMs;
    this.#timer = setInterval(() => this.advance(performance.now()), TICK_MS);
  }

  /** Beats as often as was due by now. */
  advance(nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs - MOST_BEHIND_MS);
    for (; this.#dueMs <= nowMs; this.#dueMs += this.#intervalMs) this.#onBeat(this.#dueMs);
  }
}
