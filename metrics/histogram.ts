/** A histogram as plain numbers: filled without an allocation, made cumulative only when it is read. */
export class Histogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** What fell into each bucket alone; the last is beyond all bounds. */
  readonly #counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at += 1;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.sum += value;
    this.count += 1;
  }

  /** How many were at most each bound. @param zeros further values of 0 that were only counted */
  cumulative(zeros = 0): readonly number[] {
    let sum = zeros;
    return this.bounds.map((_, at) => {
      sum += this.#counts[at] as number;
      return sum;
    });
  }
}
