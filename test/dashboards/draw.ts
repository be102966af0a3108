/** A dashboard with its data as one SVG: the panels where Grafana puts them, drawn much as it does, on a light ground. */
import { linearScale } from '../../bench/load/scale.js';
import { escapeXml } from '../../bench/load/svg.js';
import { clockTime, figure, timeTicks, unitFor } from './figures.js';
import type { Dashboard, NamedSeries, Panel, PanelData, TimeRange } from './panels.js';

const COLUMN = 50;
const ROW_HEIGHT = 30;
const GAP = 8;
const MARGIN = 14;
const HEAD = 50;
const WIDTH = 24 * COLUMN + 2 * MARGIN;
const FONT = 'system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif';
const LETTER = 6.8;

const INK = '#1d2433';
const QUIET = '#5b6576';
const GRID = '#e3e7ee';
const COLOURS = [
  '#2467c9',
  '#d8a200',
  '#1a8f9e',
  '#8a4bb3',
  '#c7521a',
  '#7fa83a',
  '#e08fb0',
  '#7a6a53',
  '#5b6576',
  '#5aa9e6',
  '#b98a3e',
];
/** Names of Grafana's colours. */
const NAMED: Readonly<Record<string, string>> = {
  green: '#2a7f4f',
  blue: '#2467c9',
  orange: '#c7521a',
  red: '#c02b3a',
};

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));

interface Writing {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly colour?: string;
  readonly bold?: boolean;
}

const text = (
  x: number,
  y: number,
  content: string,
  { anchor = 'start', size = 11, colour = QUIET, bold = false }: Writing = {},
): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" fill="${colour}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ''}>${escapeXml(content)}</text>`;

const cut = (content: string, width: number): string => {
  const most = Math.max(4, Math.floor(width / LETTER));
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
};

const allSeries = ({ queries }: PanelData): readonly NamedSeries[] => queries.flatMap(({ series }) => series);

const lastOf = ({ points }: NamedSeries): number => points.at(-1)?.value ?? 0;

const defaultsOf = ({ fieldConfig }: Panel) => {
  if (fieldConfig === undefined) throw new Error('a panel without fieldConfig');
  return fieldConfig.defaults;
};

/** The colour that Grafana gives a value by the panel's thresholds. */
const colourAt = (panel: Panel, value: number): string => {
  const { color } = defaultsOf(panel).thresholds.steps.findLast(
    (step) => value >= (step.value ?? -Infinity),
  ) ?? {
    color: 'green',
  };
  return NAMED[color] ?? INK;
};

/** The colour of the `at`th series of a panel, or the one that its name has. */
const colourOf = ({ fieldConfig }: Panel, name: string, at: number): string => {
  const own = fieldConfig?.overrides.find(
    ({ matcher }) => matcher.id === 'byName' && matcher.options === name,
  );
  const fixedColor = own?.properties.find(({ id }) => id === 'color')?.value.fixedColor ?? '';
  return NAMED[fixedColor] ?? COLOURS[at % COLOURS.length] ?? INK;
};

const pathOf = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('');

const drawNumber = (data: PanelData, box: Box, range: TimeRange): string[] => {
  const [series] = allSeries(data);
  if (series === undefined)
    return [text(box.x + box.width / 2, box.y + box.height / 2, 'No data', { anchor: 'middle' })];
  const { unit } = defaultsOf(data.panel);
  const value = lastOf(series);
  const colour = colourAt(data.panel, value);
  const shown = figure(value, unitFor(unit, value));
  const bottom = box.y + box.height;
  const largest = Math.max(...series.points.map((point) => point.value), 1e-9);
  const at = ({ atSeconds, value: height }: NamedSeries['points'][number]) =>
    [
      box.x + (box.width * (atSeconds - range.fromSeconds)) / (range.toSeconds - range.fromSeconds),
      bottom - (24 * height) / largest,
    ] as const;
  const line = series.points.map(at);
  const [first = [box.x, bottom], last = [box.x, bottom]] = [line[0], line.at(-1)];
  return [
    `<path d="${pathOf(line)}L${fixed(last[0])} ${fixed(bottom)}H${fixed(first[0])}Z" fill="${colour}" fill-opacity="0.15"/>`,
    text(box.x + box.width / 2, box.y + 44, shown, {
      anchor: 'middle',
      size: shown.length > 8 ? 19 : 22,
      colour,
      bold: true,
    }),
  ];
};

const drawBars = (data: PanelData, box: Box): string[] => {
  const bars = allSeries(data).toSorted((a, b) => lastOf(b) - lastOf(a));
  const largest = Math.max(...bars.map(lastOf), 1e-9);
  const height = Math.min(26, (box.height - 4) / bars.length);
  const nameWidth = 12 + LETTER * Math.max(...bars.map(({ name }) => name.length));
  return bars.flatMap((bar, at) => {
    const y = box.y + at * height;
    const width = ((box.width - nameWidth - 60) * lastOf(bar)) / largest;
    return [
      text(box.x + nameWidth - 8, y + height / 2 + 4, bar.name, { anchor: 'end', colour: INK }),
      `<rect x="${fixed(box.x + nameWidth)}" y="${fixed(y + 3)}" width="${fixed(Math.max(1, width))}" height="${fixed(height - 6)}" rx="2" fill="${NAMED.blue}"/>`,
      text(box.x + nameWidth + width + 6, y + height / 2 + 4, String(Math.round(lastOf(bar)))),
    ];
  });
};

/** Areas stand on each other: what has no value at a time is 0 there. */
const stacked = (series: readonly NamedSeries[]): readonly NamedSeries[] => {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ atSeconds }) => atSeconds)))].sort(
    (a, b) => a - b,
  );
  const sums = new Map<number, number>(times.map((atSeconds) => [atSeconds, 0]));
  return series.map((each) => {
    const own = new Map(each.points.map(({ atSeconds, value }) => [atSeconds, value]));
    const points = times.map((atSeconds) => {
      const value = (sums.get(atSeconds) ?? 0) + (own.get(atSeconds) ?? 0);
      sums.set(atSeconds, value);
      return { atSeconds, value };
    });
    return { ...each, points };
  });
};

/** Lines of the legend, and how high they are. */
const drawLegend = (
  panel: Panel,
  series: readonly NamedSeries[],
  box: Box,
): { readonly parts: string[]; readonly height: number } => {
  const entries: { name: string; x: number; line: number; colour: string }[] = [];
  let [x, line] = [0, 0];
  for (const [at, { name }] of series.entries()) {
    const shown = cut(name, box.width - 30);
    const width = 26 + LETTER * shown.length;
    if (x > 0 && x + width > box.width) [x, line] = [0, line + 1];
    entries.push({ name: shown, x, line, colour: colourOf(panel, name, at) });
    x += width;
  }
  const height = 15 * (line + 1);
  const top = box.y + box.height - height;
  const parts = entries.flatMap((entry) => {
    const y = top + 15 * entry.line + 8;
    return [
      `<path d="M${fixed(box.x + entry.x)} ${fixed(y)}h12" stroke="${entry.colour}" stroke-width="3"/>`,
      text(box.x + entry.x + 16, y + 4, entry.name, { colour: INK }),
    ];
  });
  return { parts, height };
};

/** A series' runs of points: where it has none for a while, there is no line. */
const runsOf = ({ points }: NamedSeries, stepSeconds: number): (typeof points)[number][][] => {
  const runs: (typeof points)[number][][] = [];
  let lastSeconds = -Infinity;
  for (const point of points) {
    if (point.atSeconds - lastSeconds > 1.5 * stepSeconds) runs.push([]);
    runs.at(-1)?.push(point);
    lastSeconds = point.atSeconds;
  }
  return runs;
};

const drawGraph = (data: PanelData, box: Box, range: TimeRange): string[] => {
  const { unit, custom, max, thresholds } = defaultsOf(data.panel);
  const areas = custom?.stacking?.mode === 'normal';
  const series = areas ? stacked(allSeries(data)) : allSeries(data);
  const legend = drawLegend(data.panel, series, box);
  const largest = max ?? Math.max(...series.flatMap(({ points }) => points.map(({ value }) => value)), 0);
  const inUnit = unitFor(unit, largest);
  const scale = linearScale(largest / inUnit.divisor);
  const labels = scale.ticks.map((tick) => figure(tick * inUnit.divisor, inUnit));
  const left = box.x + 8 + LETTER * Math.max(...labels.map((label) => label.length));
  const right = box.x + box.width - 6;
  const bottom = box.y + box.height - legend.height - 22;
  const yAt = (value: number): number => bottom - (bottom - box.y - 4) * scale.at(value / inUnit.divisor);
  const xAt = (atSeconds: number): number =>
    left + ((right - left) * (atSeconds - range.fromSeconds)) / (range.toSeconds - range.fromSeconds);
  const times = timeTicks(range.toSeconds - range.fromSeconds);
  const limit = thresholds.steps.find(
    ({ value }) => value !== null && value > 0 && scale.at(value / inUnit.divisor) <= 1,
  );
  const zero = areas ? series.map((_, at) => series[at - 1]) : [];
  return [
    ...scale.ticks.flatMap((tick, at) => {
      const y = yAt(tick * inUnit.divisor);
      return [
        `<path d="M${fixed(left)} ${fixed(y)}H${fixed(right)}" stroke="${GRID}"/>`,
        text(left - 5, y + 4, labels[at] ?? '', { anchor: 'end', size: 10 }),
      ];
    }),
    ...times.map((tick) =>
      text(xAt(range.fromSeconds + tick), bottom + 14, clockTime(tick), { anchor: 'middle', size: 10 }),
    ),
    ...series.flatMap((each, at) => {
      const colour = colourOf(data.panel, each.name, at);
      const line = (points: NamedSeries['points']): string =>
        pathOf(points.map(({ atSeconds, value }) => [xAt(atSeconds), yAt(value)] as const));
      if (!areas) {
        const path = runsOf(each, range.stepSeconds).map(line).join('');
        return [
          `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>`,
        ];
      }
      const below = zero[at]?.points ?? each.points.map(({ atSeconds }) => ({ atSeconds, value: 0 }));
      const back = line([...below].reverse()).replace('M', 'L');
      return [
        `<path d="${line(each.points)}${back}Z" fill="${colour}" fill-opacity="0.45" stroke="${colour}" stroke-width="0.6"/>`,
      ];
    }),
    ...(limit === undefined
      ? []
      : [
          `<path d="M${fixed(left)} ${fixed(yAt(limit.value ?? 0))}H${fixed(right)}" stroke="${NAMED[limit.color] ?? NAMED.red}" stroke-dasharray="5 4"/>`,
        ]),
    ...legend.parts,
  ];
};

const drawPanel = (data: PanelData, range: TimeRange): string => {
  const { panel } = data;
  const { x, y, w, h } = panel.gridPos;
  const outer: Box = {
    x: MARGIN + x * COLUMN,
    y: HEAD + y * ROW_HEIGHT,
    width: w * COLUMN - GAP,
    height: h * ROW_HEIGHT - GAP,
  };
  if (panel.type === 'row')
    return text(outer.x, outer.y + 17, panel.title, { size: 13, colour: INK, bold: true });
  const inner: Box = { x: outer.x + 10, y: outer.y + 30, width: outer.width - 20, height: outer.height - 38 };
  const draw = { stat: drawNumber, bargauge: drawBars, timeseries: drawGraph }[panel.type];
  return [
    `<rect x="${outer.x}" y="${outer.y}" width="${outer.width}" height="${outer.height}" rx="3" fill="#ffffff" stroke="#d5dae3"/>`,
    text(outer.x + 10, outer.y + 18, cut(panel.title, outer.width - 16), {
      size: 12,
      colour: INK,
      bold: true,
    }),
    ...draw(data, inner, range),
  ].join('');
};

/** @param panels of the dashboard, rows included, in its order */
export const drawDashboard = (
  dashboard: Dashboard,
  panels: readonly PanelData[],
  range: TimeRange,
): string => {
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const height = HEAD + bottom * ROW_HEIGHT + MARGIN;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" ` +
    `aria-label="${escapeXml(dashboard.title)}" font-family='${FONT}'><rect width="${WIDTH}" height="${height}" fill="#f4f5f8"/>` +
    `${text(MARGIN, 32, dashboard.title, { size: 18, colour: INK, bold: true })}\n` +
    `${panels.map((data) => drawPanel(data, range)).join('\n')}\n</svg>\n`
  );
};
