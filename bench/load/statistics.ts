/** What figures are made of. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How much `y` grows with each `x`: the slope of the least-squares line. NaN for fewer than two different `x`. */
export const slope = (points: readonly Point[]): number => {
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  let covariance = 0;
  let variance = 0;
  for (const { x, y } of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
};

/** NaN of nothing. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** `whole` in `parts` that differ by one at most, the larger ones first. */
export const divide = (whole: number, parts: number): number[] =>
  Array.from({ length: parts }, (_, at) => Math.floor(whole / parts) + (at < whole % parts ? 1 : 0));
