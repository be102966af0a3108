/** A chart of lines as SVG: for a page of its own or within one, light or dark as the reader's system is. */
import { linearScale, logScale, type Scale } from './scale.js';
import type { Point } from './statistics.js';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Which of the colours; lines of the same one are told apart by `dashed`. */
  readonly colour: number;
  readonly dashed?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly Line[];
  readonly x: 'linear' | 'log' | PercentileAxis;
  readonly y: 'linear' | 'log';
}

/** Percentiles, each nine as wide as the one before; `x` of a point is 1 ÷ (1 − part). */
export type PercentileAxis = 'percentiles';

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 76;
const RIGHT = 34;
const TOP = 66;
const BOTTOM = 52;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
const FONT = 'system-ui,-apple-system,"Segoe UI",sans-serif';
/** Of a letter of the legend, at most: there is nobody to measure it. */
const LETTER_WIDTH = 7;
const MARKS_UP_TO = 40;

/** Colours as variables, so that a page can say what is light and what is dark. */
export const CHART_STYLE = `
.chart{--ground:#ffffff;--ink:#1d2433;--quiet:#5b6576;--grid:#e3e7ee;--line-0:#2467c9;--line-1:#c7521a;--line-2:#2a7f4f;--line-3:#8a4bb3;--line-4:#9a7400;--line-5:#b3345f}
@media (prefers-color-scheme:dark){.chart{--ground:#14181f;--ink:#e8ecf3;--quiet:#9aa5b8;--grid:#2b323e;--line-0:#6ea4f5;--line-1:#f08f57;--line-2:#62c48e;--line-3:#c490ea;--line-4:#dcb53c;--line-5:#f07fa5}}
`;
const COLOURS = 6;

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** 12 000 → 12k: ticks have little room. */
const shorten = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(4)));
};

const percentileOf = (inverse: number): string => `${Number((100 * (1 - 1 / inverse)).toPrecision(7))} %`;

const fixed = (value: number): string => value.toFixed(1);

/** @param standalone it is a document of its own and brings its style along */
export const drawChart = (chart: Chart, standalone: boolean): string => {
  const lines = chart.lines.filter(({ points }) => points.length > 0);
  const x = xScaleOf(chart, lines);
  const y = scaleOf(
    chart.y,
    lines.flatMap(({ points }) => points.map((point) => point.y)),
  );
  const xAt = (value: number): number => LEFT + PLOT_WIDTH * x.at(value);
  const yAt = (value: number): number => TOP + PLOT_HEIGHT * (1 - y.at(value));
  const xLabel = chart.x === 'percentiles' ? percentileOf : shorten;
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" style="fill:var(--ground)"/>`,
    text(LEFT, 24, chart.title, 'ink', 'start', 15, 600),
    ...y.ticks.map(
      (tick) => `<path d="M${LEFT} ${fixed(yAt(tick))}H${WIDTH - RIGHT}" style="stroke:var(--grid)"/>`,
    ),
    ...y.ticks.map((tick) => text(LEFT - 8, yAt(tick) + 4, shorten(tick), 'quiet', 'end')),
    `<path d="M${LEFT} ${TOP + PLOT_HEIGHT}H${WIDTH - RIGHT}" style="stroke:var(--quiet)"/>`,
    ...x.ticks.map((tick) => text(xAt(tick), TOP + PLOT_HEIGHT + 18, xLabel(tick), 'quiet', 'middle')),
    text(LEFT + PLOT_WIDTH / 2, HEIGHT - 12, chart.xTitle, 'quiet', 'middle'),
    `<g transform="translate(18 ${TOP + PLOT_HEIGHT / 2}) rotate(-90)">${text(0, 0, chart.yTitle, 'quiet', 'middle')}</g>`,
    ...lines.map((line) => drawLine(line, xAt, yAt)),
    ...legend(lines),
  ];
  const style = standalone ? `<style>${CHART_STYLE}</style>` : '';
  return (
    `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
    `role="img" aria-label="${escapeXml(chart.title)}" font-family='${FONT}' font-size="12">${style}${parts.join('')}</svg>\n`
  );
};

const xScaleOf = (chart: Chart, lines: readonly Line[]): Scale => {
  const values = lines.flatMap(({ points }) => points.map((point) => point.x));
  if (chart.x !== 'percentiles') return scaleOf(chart.x, values);
  const nines = Math.max(1, Math.ceil(Math.log10(Math.max(10, ...values)) - 1e-9));
  const ticks = [2, ...Array.from({ length: nines }, (_, at) => 10 ** (at + 1))];
  return { at: (value) => Math.log10(value) / nines, ticks };
};

const scaleOf = (kind: 'linear' | 'log', values: readonly number[]): Scale => {
  const positive = values.filter((value) => value > 0);
  if (kind === 'log' && positive.length > 0) {
    const scale = logScale(Math.min(...positive), Math.max(...positive));
    // What is nothing stands on the ground.
    return { ...scale, at: (value) => (value > 0 ? Math.max(0, scale.at(value)) : 0) };
  }
  return linearScale(Math.max(0, ...values));
};

const drawLine = (
  { points, colour, dashed = false }: Line,
  xAt: (value: number) => number,
  yAt: (value: number) => number,
): string => {
  const stroke = `var(--line-${colour % COLOURS})`;
  const path = points
    .map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${fixed(xAt(x))} ${fixed(yAt(y))}`)
    .join('');
  const dash = dashed ? ';stroke-dasharray:6 4' : '';
  const marks =
    points.length > MARKS_UP_TO
      ? ''
      : points
          .map(
            ({ x, y }) =>
              `<circle cx="${fixed(xAt(x))}" cy="${fixed(yAt(y))}" r="3" style="fill:${stroke}"/>`,
          )
          .join('');
  return `<path d="${path}" style="fill:none;stroke:${stroke};stroke-width:2;stroke-linejoin:round${dash}"/>${marks}`;
};

const legend = (lines: readonly Line[]): string[] => {
  let x = LEFT;
  return lines.map(({ name, colour, dashed = false }) => {
    const stroke = `stroke:var(--line-${colour % COLOURS});stroke-width:3${dashed ? ';stroke-dasharray:5 3' : ''}`;
    const entry = `<path d="M${x} 45h18" style="${stroke}"/>${text(x + 24, 49, name, 'ink', 'start')}`;
    x += 24 + LETTER_WIDTH * name.length + 16;
    return entry;
  });
};

const text = (
  x: number,
  y: number,
  content: string,
  colour: 'ink' | 'quiet',
  anchor: 'start' | 'middle' | 'end',
  size = 12,
  weight = 400,
): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" style="fill:var(--${colour})">${escapeXml(content)}</text>`;
