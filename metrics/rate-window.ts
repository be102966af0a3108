/** A counter's rate over its last minute, from one sample a second. Knows no clock. */
const SECONDS = 60;

export class RateWindow {
  /** Totals at the last samples, oldest first; the first is the start's. */
  readonly #totals: number[] = [0];

  /** Takes the counter's total; call it once a second. */
  sample(total: number): void {
    this.#totals.push(total);
    if (this.#totals.length > SECONDS + 1) this.#totals.shift();
  }

  /** Per second, over the last minute or since the start where that is shorter; 0 in the first second. */
  get perSecond(): number {
    const seconds = this.#totals.length - 1;
    if (seconds === 0) return 0;
    return ((this.#totals.at(-1) ?? 0) - (this.#totals[0] ?? 0)) / seconds;
  }
}
