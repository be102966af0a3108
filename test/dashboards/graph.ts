/** A panel of lines, or of areas on top of each other, with its axes and legend. */
import { linearScale } from '../../bench/load/scale.js';
import { clockTime, figure, timeTicks, unitFor } from './figures.js';
import type { NamedSeries, Panel, PanelData, TimeRange } from './panels.js';
import {
  allSeries,
  type Box,
  colourOf,
  cut,
  defaultsOf,
  fixed,
  GRID,
  INK,
  LETTER,
  NAMED,
  pathOf,
  text,
} from './pen.js';

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

export const drawGraph = (data: PanelData, box: Box, range: TimeRange): string[] => {
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
