/** A metric's numbers at one moment, as prom-client takes them. */
import type { Histogram } from './histogram.js';

type LabelValues = Readonly<Record<string, string>>;

export interface Sample {
  /** Where it is not the metric's own. */
  readonly metricName?: string;
  readonly labels: LabelValues;
  readonly value: number;
}

export const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

/** One for each value of a label. */
export const by = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([value, count]) => ({ labels: { [label]: value }, value: count }));

/** @param zeros further values of 0 that were only counted */
export const buckets = (
  name: string,
  histogram: Histogram,
  labels: LabelValues = {},
  zeros = 0,
): readonly Sample[] => {
  const count = histogram.count + zeros;
  const cumulative = histogram.cumulative(zeros);
  return [
    ...histogram.bounds.map((bound, at) => ({
      metricName: `${name}_bucket`,
      labels: { le: String(bound), ...labels },
      value: cumulative[at] as number,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
};
