/** Which charts a result has: distribution of latency, throughput over time, cost as connections grow. */
import { Histogram } from './histogram.js';
import type { Result } from './result.js';
import type { Sample } from './scenario.js';
import { mean, type Point } from './statistics.js';
import { type Chart, drawChart, type Line } from './svg.js';

/** Parts of all samples whose latency is drawn: close together, so that the line has its true shape. */
const PARTS = [
  0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99999, 0.999999,
];
/** What happens more rarely is no rate to draw. */
const LEAST_PER_SECOND = 1;
/** Fewer make no curve. */
const LEAST_SAMPLES = 100;
/** A percentile of fewer samples beyond it than this is an accident. */
const LEAST_BEYOND = 5;

/** All charts that have something to show. @param results one, or two to lay over each other */
export const chartsOf = (results: readonly Result[]): Chart[] => [
  ...growthCharts(results),
  ...latencyCharts(results),
  ...timeCharts(results),
];

/** The chart that says most, as a document of its own. */
export const chartOf = (results: readonly Result[]): string =>
  drawChart(chartsOf(results)[0] ?? emptyChart(results[0] as Result), true);

const emptyChart = ({ scenario, server }: Result): Chart => ({
  title: `${scenario} on ${server}: nothing was measured`,
  xTitle: '',
  yTitle: '',
  lines: [],
  x: 'linear',
  y: 'linear',
});

/** `gateway`, or `A: gateway` where two results are of the same server. */
const labelOf = (results: readonly Result[], at: number): string => {
  const { server } = results[at] as Result;
  const same = results.filter((result) => result.server === server).length > 1;
  return same ? `${'AB'[at]}: ${server}` : server;
};

/** Names the scenario where it is that of all. */
const about = (results: readonly Result[], what: string): string => {
  const [scenario, ...others] = new Set(results.map((result) => result.scenario));
  return others.length === 0 ? `${scenario}: ${what}` : what;
};

/** How the names of figures end that are drawn over sizes, what says most first. */
const GROWING = ['for each message', 'p99', 'messages', 'memory'];

/** One for each figure that may change with the number of connections. */
const growthCharts = (results: readonly Result[]): Chart[] => {
  const figures = new Map(
    results.flatMap(({ points }) =>
      points.flatMap((point) => point.figures.map(({ name, unit }) => [name, unit])),
    ),
  );
  const wanted = GROWING.flatMap((part) => [...figures].filter(([name]) => name.endsWith(part)));
  return wanted.flatMap(([name, unit]) => {
    const lines = results.map(
      (result, at): Line => ({
        name: labelOf(results, at),
        colour: at,
        points: result.points.flatMap(({ connections, figures: all }): Point[] => {
          const y = all.find((figure) => figure.name === name)?.value;
          return typeof y === 'number' && Number.isFinite(y) ? [{ x: connections, y }] : [];
        }),
      }),
    );
    if (lines.every(({ points }) => points.length < 2)) return [];
    const title = about(results, `${name} as connections grow`);
    return [{ title, xTitle: 'connections', yTitle: unit, lines, x: 'log', y: 'linear' }];
  });
};

/** What happened most often first: that is what was measured. */
const latencyCharts = (results: readonly Result[]): Chart[] => {
  const counts = new Map<string, number>();
  for (const distribution of results.flatMap(({ distributions }) => distributions)) {
    const { count } = Histogram.from(distribution);
    if (count < LEAST_SAMPLES) continue;
    counts.set(distribution.name, (counts.get(distribution.name) ?? 0) + count);
  }
  const names = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  return names.map((name) => ({
    title: about(results, `${name}, by percentile`),
    xTitle: 'part of all that took no longer',
    yTitle: 'ms',
    x: 'percentiles',
    y: 'log',
    lines: results.map((result, at) => ({
      name: labelOf(results, at),
      colour: at,
      points: percentilesOf(result, name),
    })),
  }));
};

const percentilesOf = ({ distributions }: Result, name: string): Point[] => {
  const found = distributions.find((distribution) => distribution.name === name);
  if (found === undefined) return [];
  const histogram = Histogram.from(found);
  return PARTS.filter((part) => part <= 0.9 || histogram.count * (1 - part) >= LEAST_BEYOND).map((part) => ({
    x: 1 / (1 - part),
    y: histogram.percentile(Math.max(part, 1 / histogram.count)),
  }));
};

const RATES: readonly (readonly [string, (sample: Sample) => number | null])[] = [
  ['answers a second', ({ repliesPerSecond }) => repliesPerSecond],
  ['chunks a second', ({ chunksPerSecond }) => chunksPerSecond],
  ['handshakes a second', ({ joinsPerSecond }) => joinsPerSecond],
];

const timeCharts = (results: readonly Result[]): Chart[] => {
  const over = (title: string, yTitle: string, lines: readonly Line[], least = 0): Chart[] => {
    const shown = lines.filter(({ points }) => mean(points.map(({ y }) => y)) >= least);
    if (shown.length === 0 || shown.every(({ points }) => points.length < 2)) return [];
    return [
      { title: about(results, title), xTitle: 'seconds', yTitle, lines: shown, x: 'linear', y: 'linear' },
    ];
  };
  const line = (read: (sample: Sample) => number | null, name: string, at: number, dashed = false): Line => ({
    name,
    colour: at,
    dashed,
    points: (results[at] as Result).samples.flatMap((sample) => {
      const y = read(sample);
      return y === null ? [] : [{ x: sample.atSeconds, y }];
    }),
  });
  const each = (read: (sample: Sample) => number | null): Line[] =>
    results.map((_, at) => line(read, labelOf(results, at), at));
  return [
    ...RATES.flatMap(([title, read]) => over(`${title} over time`, 'a second', each(read), LEAST_PER_SECOND)),
    ...over(
      'processor time over time',
      '% of a core',
      results.flatMap((_, at) => [
        line(({ serverShare }) => percent(serverShare), `${labelOf(results, at)}, server`, at),
        line(({ clientsShare }) => percent(clientsShare), `${labelOf(results, at)}, clients`, at, true),
      ]),
    ),
    ...over(
      'resident memory of the server over time',
      'MiB',
      each(({ residentBytes }) => (residentBytes === null ? null : residentBytes / 2 ** 20)),
    ),
    ...over(
      'descriptors of the server over time',
      'descriptors',
      each(({ descriptors }) => descriptors),
    ),
  ];
};

const percent = (share: number | null): number | null => (share === null ? null : 100 * share);
