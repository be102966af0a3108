/**
 * Selectors of PromQL made of the metric tables: a name, a label or a label's value that no metric has does not compile, or
 * ends the generation. What is around a selector is plain PromQL.
 */
import { PROCESS_METRICS } from '../../metrics/process-metrics.js';
import type { MetricKind, MetricSpec } from '../../metrics/spec.js';
import { METRIC_PREFIX, METRICS } from '../../metrics/table.js';

/** What Prometheus itself says of a target: 1 where it could be scraped. */
const TARGET_METRICS = { up: { kind: 'gauge', labels: {} } } as const;

/** Of the gateway without the prefix, all others by their whole name. */
const SPECS = { ...METRICS, ...PROCESS_METRICS, ...TARGET_METRICS };
type Specs = typeof SPECS;
type Name = keyof Specs;
type NameOf<Kind extends MetricKind> = {
  [N in Name]: Specs[N]['kind'] extends Kind ? N : never;
}[Name];

/** A name that samples have: those of a histogram end in what they are. */
export type Series = NameOf<'counter' | 'gauge'> | `${NameOf<'histogram'>}_${'bucket' | 'sum' | 'count'}`;
export type CounterSeries = NameOf<'counter'> | `${NameOf<'histogram'>}_${'bucket' | 'sum' | 'count'}`;
export type HistogramName = NameOf<'histogram'>;

type MetricOf<S extends Series> = S extends Name
  ? S
  : S extends `${infer N extends HistogramName}_${'bucket' | 'sum' | 'count'}`
    ? N
    : never;
type LabelOf<S extends Series> = keyof Specs[MetricOf<S>]['labels'] & string;
/** One value, one of several, or any but these. */
export type Wanted = string | readonly string[] | { readonly not: readonly string[] };
export type Matchers<S extends Series> = Readonly<Partial<Record<LabelOf<S>, Wanted>>>;

const metricOf = (series: Series): Name =>
  (series in SPECS ? series : series.replace(/_(bucket|sum|count)$/, '')) as Name;

const wholeName = (series: Series): string =>
  metricOf(series) in METRICS ? `${METRIC_PREFIX}${series}` : series;

const listOf = (wanted: Wanted): readonly string[] => {
  if (typeof wanted === 'string') return [wanted];
  return 'not' in wanted ? wanted.not : wanted;
};

const matcher = (series: Series, label: string, wanted: Wanted): string => {
  const { labels } = SPECS[metricOf(series)] as Pick<MetricSpec, 'labels'>;
  const known = labels[label]?.values;
  for (const value of listOf(wanted)) {
    if (known !== null && known?.includes(value) !== true) {
      throw new Error(`${series} has no ${label} ${value}`);
    }
  }
  if (typeof wanted === 'string') return `${label}="${wanted}"`;
  return `${label}${'not' in wanted ? '!~' : '=~'}"${listOf(wanted).join('|')}"`;
};

export interface Promql {
  /** `name{…}` */
  readonly of: <S extends Series>(series: S, matchers?: Matchers<S>) => string;
  /** By how much a counter rises in a second. */
  readonly rate: <S extends CounterSeries>(series: S, matchers?: Matchers<S>) => string;
  /** A quantile of what is in a histogram, over all series that have the same values of the labels `by`. */
  readonly quantile: <N extends HistogramName>(
    part: number,
    histogram: N,
    by?: readonly string[],
    matchers?: Matchers<`${N}_bucket`>,
  ) => string;
}

/**
 * @param scope matchers that every selector has
 * @param window over which a rate is taken
 */
export const promql = (scope: string, window: string): Promql => {
  const of: Promql['of'] = (series, matchers) => {
    const own = Object.entries(matchers ?? {}).map(([label, wanted]) =>
      matcher(series, label, wanted as Wanted),
    );
    return `${wholeName(series)}{${[scope, ...own].join(',')}}`;
  };
  const rate: Promql['rate'] = (series, matchers) => `rate(${of(series, matchers)}[${window}])`;
  return {
    of,
    rate,
    quantile: (part, histogram, by = [], matchers = undefined) =>
      `histogram_quantile(${part}, sum by (${['le', ...by].join(', ')}) (${rate(`${histogram}_bucket`, matchers)}))`,
  };
};
