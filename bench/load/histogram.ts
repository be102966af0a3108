/**
 * How long things took: counts in logarithmic buckets, so that a sample costs an addition and no memory, and so that
 * the histograms of several processes add up to one.
 *
 * Values are whole microseconds. Below 128 µs each has a bucket of its own; above, a bucket is at most 1/64 of its
 * value wide.
 */

const STEP_BITS = 6;
const STEPS = 1 << STEP_BITS;
/** 36 minutes; what takes longer counts as that. */
const MAX_MICROSECONDS = 2 ** 31 - 1;
const BUCKETS = (31 - STEP_BITS) * STEPS + STEPS;

/** A histogram in transit: buckets that are not empty, each followed by its count. */
export interface SparseHistogram {
  readonly buckets: readonly number[];
}

/** The bucket of a whole number of microseconds from 0 to {@link MAX_MICROSECONDS}. */
export const bucketOf = (microseconds: number): number => {
  const shift = Math.max(0, 31 - Math.clz32(microseconds) - STEP_BITS);
  return shift * STEPS + (microseconds >>> shift);
};

/** The largest value that a bucket holds. */
export const bucketTop = (bucket: number): number => {
  const shift = Math.max(0, Math.floor(bucket / STEPS) - 1);
  return (bucket - shift * STEPS + 1) * 2 ** shift - 1;
};

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;

  static from(sparse: SparseHistogram): Histogram {
    const histogram = new Histogram();
    histogram.add(sparse);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** @param milliseconds a sample; `times` of them */
  record(milliseconds: number, times = 1): void {
    const microseconds = Math.min(MAX_MICROSECONDS, Math.max(0, Math.round(milliseconds * 1000)));
    const bucket = bucketOf(microseconds);
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
    this.#count += times;
  }

  add(other: SparseHistogram): void {
    this.#addPairs(other.buckets, 1);
  }

  /** Takes away what was there at an earlier time. */
  subtract(earlier: SparseHistogram): void {
    this.#addPairs(earlier.buckets, -1);
  }

  /**
   * Milliseconds that a part of all samples does not exceed: the top of the bucket that holds the last of them.
   * NaN of nothing.
   *
   * @param part above 0, at most 1: 0.99 for the 99th percentile
   */
  percentile(part: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(part * this.#count);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= this.#counts[bucket] as number;
      if (left <= 0) return bucketTop(bucket) / 1000;
    }
    return MAX_MICROSECONDS / 1000;
  }

  toSparse(): SparseHistogram {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = this.#counts[bucket] as number;
      if (count !== 0) buckets.push(bucket, count);
    }
    return { buckets };
  }

  #addPairs(pairs: readonly number[], sign: 1 | -1): void {
    for (let at = 0; at < pairs.length; at += 2) {
      const bucket = pairs[at] as number;
      const times = sign * (pairs[at + 1] as number);
      this.#counts[bucket] = (this.#counts[bucket] as number) + times;
      this.#count += times;
    }
  }
}
