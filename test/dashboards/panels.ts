/** The dashboards as operators import them, and what Prometheus has for their panels. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prometheus, Series } from './prometheus.js';

/** This file runs from `dist/test/dashboards`. */
const FOLDER = join(import.meta.dirname, '../../../metrics/grafana');

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
}

/** The parts of a panel of Grafana that are looked at. */
export interface Panel {
  readonly id: number;
  readonly type: 'stat' | 'bargauge' | 'timeseries' | 'row';
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly decimals?: number;
      readonly max?: number;
      readonly thresholds: {
        readonly steps: readonly { readonly value: number | null; readonly color: string }[];
      };
      readonly custom?: { readonly stacking?: { readonly mode: string } };
    };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly {
        readonly id: string;
        readonly value: { readonly fixedColor?: string };
      }[];
    }[];
  };
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  /** Of its file, without `.json`. */
  readonly name: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

export const readDashboards = (): readonly Dashboard[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<Dashboard, 'name'>),
      name: file.slice(0, -'.json'.length),
    }));

/** One line, area, bar or number. */
export interface NamedSeries extends Series {
  readonly name: string;
}

/** What a panel shows: for each of its queries the series that have a number. */
export interface PanelData {
  readonly panel: Panel;
  readonly queries: readonly { readonly expr: string; readonly series: readonly NamedSeries[] }[];
}

export interface TimeRange {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly stepSeconds: number;
}

const named = (legend: string, labels: Series['labels']): string =>
  legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');

/** Asks as Grafana does, with `All` chosen for every variable. */
export const dataOf = async (
  prometheus: Prometheus,
  panel: Panel,
  { fromSeconds, toSeconds, stepSeconds }: TimeRange,
): Promise<PanelData> => {
  const variables: Readonly<Record<string, string>> = {
    // Grafana's own rule, docs of its Prometheus data source: four scrapes, or a step and a scrape.
    $__rate_interval: `${Math.max(4 * prometheus.scrapeIntervalMs, 1000 * stepSeconds + prometheus.scrapeIntervalMs)}ms`,
    $__range: `${Math.round(1000 * (toSeconds - fromSeconds))}ms`,
    $instance: '.+',
    $job: '.+',
  };
  const queries = (panel.targets ?? []).map(async ({ expr, legendFormat, instant = false }) => {
    const filled = Object.entries(variables).reduce(
      (text, [name, value]) => text.replaceAll(name, value),
      expr,
    );
    const series = await (instant
      ? prometheus.query(filled, toSeconds)
      : prometheus.queryRange(filled, fromSeconds, toSeconds, stepSeconds));
    return {
      expr,
      series: series
        .filter(({ points }) => points.length > 0)
        .map((each) => ({ ...each, name: named(legendFormat, each.labels) })),
    };
  });
  return { panel, queries: await Promise.all(queries) };
};
