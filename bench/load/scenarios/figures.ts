/** Figures that several scenarios have. */
import { Histogram } from '../histogram.js';
import { type Figure, figure, type Window } from '../scenario.js';
import { HISTOGRAM_TITLES, type HistogramName, totalOf } from '../tally.js';

/** Each with how many samples it takes for it to say something. */
const PERCENTILES = [
  ['p50', 0.5, 1],
  ['p99', 0.99, 100],
  ['p99.9', 0.999, 1000],
  ['max', 1, 1],
] as const;

/** Percentiles of how long something took; nothing where it never happened. */
export const latencyFigures = ({ seen }: Window, name: HistogramName): Figure[] => {
  const histogram = Histogram.from(seen.histograms[name]);
  return PERCENTILES.filter(([, , least]) => histogram.count >= least).map(([title, part]) =>
    figure(`${HISTOGRAM_TITLES[name]}, ${title}`, histogram.percentile(part), 'ms'),
  );
};

/** How often a second, and what each cost the server. */
export const rateFigures = (window: Window, what: string, count: number): Figure[] => {
  const { seconds, serverSeconds } = window;
  const figures = [figure(`${what}s`, count / seconds, '/s')];
  if (serverSeconds === null || count === 0) return figures;
  figures.push(figure(`processor time of the server for each ${what}`, (1e6 * serverSeconds) / count, 'µs'));
  return figures;
};

export const serverFigures = ({ seconds, serverSeconds }: Window): Figure[] =>
  serverSeconds === null
    ? []
    : [figure('processor time of the server', (100 * serverSeconds) / seconds, '% of a core')];

/** What should not have happened. */
export const troubleFigures = ({ seen, open }: Window): Figure[] => [
  figure('connections', open, ''),
  figure('connections lost', totalOf(seen.lost), '', 0),
  figure('refusals and wrong answers', totalOf(seen.faults), '', 0),
];
