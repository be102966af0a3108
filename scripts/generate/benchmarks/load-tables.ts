/** The tables of the load suite's results. */
import { markdownTable } from '../field-table.js';
import { grouped, machine, number, ratio, shell, verdict, warned } from './format.js';
import type { LoadFigure, LoadFile } from './results.js';

/** A parameter as its option: `heartbeatSeconds` is `--heartbeat`, `wordBytes` is `--word-bytes`. */
const option = ([name, value]: [string, unknown]): string => {
  const flag = name
    .replace(/(?<=.)(Seconds|PerSecond|Percent)$/, '')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${flag} ${value}`;
};

const commandOf = ({ scenario, server, parameters, processes, pinning, against }: LoadFile): string =>
  [
    `npm run bench:load -- --scenario ${scenario}`,
    ...Object.entries(parameters).map(option),
    `--server ${server}`,
    ...(against === undefined ? [] : [`--against ${against.server}`]),
    ...(processes === undefined ? [] : [`--processes ${processes}`]),
    ...(pinning === undefined || pinning === null ? [] : ['--pin']),
  ].join(' ');

const measured = ({ value, unit }: Pick<LoadFigure, 'value' | 'unit'>): string =>
  value === null ? number(value) : `${number(value)} ${unit}`.trimEnd();

const goalOf = ({ goal, value }: LoadFigure): readonly [string, string] => {
  if (goal === null || value === null) return ['', ''];
  if (goal.atMost !== undefined) return [`≤ ${number(goal.atMost)}`, verdict(value <= goal.atMost)];
  if (goal.atLeast !== undefined) return [`≥ ${number(goal.atLeast)}`, verdict(value >= goal.atLeast)];
  return ['', ''];
};

/** Beside what it was measured against in the same run, where it was. */
const figureTable = ({ server, figures, against }: LoadFile): readonly string[] => {
  if (against === undefined) {
    const rows = figures.map((figure) => [figure.name, measured(figure), ...goalOf(figure)]);
    return markdownTable(['figure', server, 'goal', ''], rows);
  }
  const rows = figures.map((figure) => {
    const beside = against.figures.find(({ name }) => name === figure.name);
    const by = figure.value === null ? null : figure.value / (beside?.value || Number.NaN);
    return [
      figure.name,
      measured(figure),
      beside === undefined ? '–' : measured(beside),
      by === null || Number.isNaN(by) ? '–' : ratio(by),
      ...goalOf(figure),
    ];
  });
  return markdownTable(['figure', server, against.server, 'ratio', 'goal', ''], rows);
};

/** What came out at each number of connections. */
const pointTable = ({ points = [] }: LoadFile): readonly string[] => {
  if (points.length === 0) return [];
  const rows = (points[0]?.figures ?? []).map(({ name, unit }) => [
    name,
    ...points.map(({ figures }) => {
      const value = figures.find((figure) => figure.name === name)?.value ?? null;
      return measured({ value, unit });
    }),
  ]);
  return [...markdownTable(['connections', ...points.map((point) => grouped(point.connections))], rows), ''];
};

export const scenarioLines = (file: LoadFile): readonly string[] => {
  const { scenario, server, version, pinning, against } = file;
  const cores = pinning ? `; server on core ${pinning.server}, clients on ${pinning.clients}` : '';
  return [
    `### Scenario ${scenario}, ${server}`,
    '',
    ...shell(commandOf(file)),
    `${machine(file.machine)}; gateway ${version}${cores}.`,
    '',
    ...warned([...file.warnings, ...(against?.warnings ?? [])]),
    ...figureTable(file),
    '',
    ...pointTable(file),
  ];
};
