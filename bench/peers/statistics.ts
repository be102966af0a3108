/** What the figures of several rounds come to. */

/** The middle of several values, and their range. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** NaN of nothing. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, least: at(0), most: at(sorted.length - 1) };
};

/** Each value by the reference's of the same round, so that what slowed a whole round down does not count. */
export const ratios = (values: readonly number[], references: readonly number[]): number[] =>
  values.map((value, at) => value / (references[at] ?? Number.NaN));

/** The order of a round: as given in the first, reversed in the second, and so on. */
export const orderOf = <T>(names: readonly T[], round: number): T[] =>
  round % 2 === 0 ? [...names] : [...names].reverse();
