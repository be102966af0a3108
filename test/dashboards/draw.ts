/** A dashboard with its data as one SVG: the panels where Grafana puts them, drawn much as it does, on a light ground. */
import { escapeXml } from '../../bench/load/svg.js';
import { figure, unitFor } from './figures.js';
import { drawGraph } from './graph.js';
import type { Dashboard, NamedSeries, PanelData, TimeRange } from './panels.js';
import {
  allSeries,
  type Box,
  colourAt,
  cut,
  defaultsOf,
  fixed,
  INK,
  LETTER,
  lastOf,
  NAMED,
  pathOf,
  text,
} from './pen.js';

const COLUMN = 50;
const ROW_HEIGHT = 30;
const GAP = 8;
const MARGIN = 14;
const HEAD = 50;
const WIDTH = 24 * COLUMN + 2 * MARGIN;
const FONT = 'system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif';

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
