/** What an alert is made of, and the selectors its expressions use. */
import { type CounterSeries, type Matchers, promql } from '../promql.js';

/** `job_name` of `metrics/prometheus/scrape.yml`; the alerts look at no other job. */
export const JOB = 'openclaw';

export const { of, rate, quantile } = promql(`job="${JOB}"`, '5m');

/** Each gateway's own. */
export const SUM = 'sum by (job, instance)';
const EACH_GATEWAY = ['job', 'instance'] as const;

/** A quantile of each gateway's own, and of each value of further labels. */
export const quantileByGateway: typeof quantile = (part, histogram, by = [], matchers = undefined) =>
  quantile(part, histogram, [...EACH_GATEWAY, ...by], matchers);

/**
 * The part of a counter's rate that some of its series have, of each gateway's own, where there is enough of it to tell.
 * @param by further labels that stay apart
 */
export const share = <S extends CounterSeries>(
  series: S,
  matchers: Matchers<S>,
  by: readonly string[] = [],
): string => {
  const sum = `sum by (${[...EACH_GATEWAY, ...by].join(', ')})`;
  return `${sum} (${rate(series, matchers)}) / (${sum} (${rate(series)}) > ${LEAST_PER_SECOND})`;
};

/** A share of fewer than three in a minute says nothing. */
export const LEAST_PER_SECOND = 0.05;

/** In a summary: which gateway, and the value of the expression as a person reads it. */
export const GATEWAY = '{{ $labels.instance }}';
export const PERCENT = '{{ $value | humanizePercentage }}';
export const DURATION = '{{ $value | humanizeDuration }}';
export const COUNT = '{{ $value | humanize }}';

/** What `promtool test rules` plays: samples a minute apart, in its notation (`0+60x20` rises by 60, `1x20` stays). */
export interface Case {
  /** By metric with labels, without `job` and `instance`. */
  readonly series: Readonly<Record<string, string>>;
  /** The minute that is looked at; default 20. */
  readonly atMinute?: number;
}

export interface Alert {
  /** Also the heading in `docs/operations.md`. */
  readonly name: string;
  readonly expr: string;
  /** It has to hold for so long; 0: at once. */
  readonly forMinutes: number;
  /** `critical`: somebody is to look now; `warning`: soon. */
  readonly severity: 'critical' | 'warning';
  /** One sentence, with Prometheus' templates for the gateway and the value. */
  readonly summary: string;
  /** The first thing to do, as one sentence; the heading in `docs/operations.md` has the rest. */
  readonly runbook: string;
  /** It goes off; `labels` besides `job` and `instance`, `value` as the summary says it. */
  readonly fires: Case & { readonly labels?: Readonly<Record<string, string>>; readonly value?: string };
  /** It does not: just below, or in another way that is no reason. */
  readonly silent: Case;
}
