/** What is declared of a metric: the table beside this has one of these for each. */

/** Prometheus' kinds. A histogram has series `…_bucket{le}`, `…_sum` and `…_count`. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface LabelSpec {
  /** Every value that there can be; null: names that the configuration gives. A client chooses none. */
  readonly values: readonly string[] | null;
  /** What they stand for, as a clause. */
  readonly meaning: string;
}

export interface MetricSpec {
  readonly kind: MetricKind;
  /** What is counted or measured, in the plural: a base unit (`seconds`, `bytes`), or the things themselves. */
  readonly unit: string;
  /** One sentence without a full stop, as `# HELP` gives it. */
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelSpec>>;
  /** Upper bounds of a histogram's buckets, in its unit, ascending; `+Inf` is understood. Empty for the other kinds. */
  readonly buckets: readonly number[];
}
