/** Two results side by side. */
import { PARAMETER_NAMES, parameterInfo } from './parameters.js';
import { formatValue } from './report.js';
import type { Result } from './result.js';

export interface ComparedFigure {
  readonly name: string;
  readonly unit: string;
  readonly a: number | null;
  readonly b: number | null;
  /** B ÷ A; null where one is missing or A is 0. */
  readonly ratio: number | null;
}

export const compareFigures = (a: Result, b: Result): ComparedFigure[] => {
  const names = new Map([...a.figures, ...b.figures].map(({ name, unit }) => [name, unit]));
  return [...names].map(([name, unit]) => {
    const valueIn = (result: Result): number | null => {
      const value = result.figures.find((figure) => figure.name === name)?.value;
      // JSON has no NaN: it is null there.
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    };
    const [inA, inB] = [valueIn(a), valueIn(b)];
    return {
      name,
      unit,
      a: inA,
      b: inB,
      ratio: inA === null || inB === null || inA === 0 ? null : inB / inA,
    };
  });
};

/** What else is different: a sentence for each thing that makes a comparison say less, or what it is about. */
export const differences = (a: Result, b: Result): string[] => {
  const found: string[] = [];
  const differ = (what: string, inA: unknown, inB: unknown): void => {
    if (inA !== inB) found.push(`${what}: ${inA} and ${inB}`);
  };
  differ('scenario', a.scenario, b.scenario);
  differ('server', a.server, b.server);
  differ('version', a.version, b.version);
  differ('processor', a.machine.processor, b.machine.processor);
  differ('cores', a.machine.cores, b.machine.cores);
  differ('memory', `${a.machine.memoryGiB} GiB`, `${b.machine.memoryGiB} GiB`);
  differ('system', a.machine.system, b.machine.system);
  differ('Node.js', a.machine.node, b.machine.node);
  differ('processes of clients', a.processes, b.processes);
  differ('pinned to cores', formatPinning(a), formatPinning(b));
  for (const name of PARAMETER_NAMES) {
    // Other scenarios have other parameters.
    if (a.parameters[name] === undefined || b.parameters[name] === undefined) continue;
    differ(`--${parameterInfo(name).flag}`, a.parameters[name], b.parameters[name]);
  }
  for (const figure of a.figures) {
    const goal = b.figures.find(({ name }) => name === figure.name)?.goal;
    if (goal !== undefined) differ(`goal of ${figure.name}`, goalOf(figure.goal), goalOf(goal));
  }
  return found;
};

const goalOf = (goal: { readonly atMost: number } | null): string =>
  goal === null ? 'none' : `≤ ${goal.atMost}`;

const formatPinning = ({ pinning }: Result): string =>
  pinning === null ? 'none' : `${pinning.server} and ${pinning.clients}`;

/** Several lines, the last one ended. */
export const formatComparison = (a: Result, b: Result): string => {
  const rows = compareFigures(a, b);
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  const cell = (value: number | null): string => (value === null ? '–' : formatValue(value)).padStart(10);
  const lines = [
    `A: ${a.scenario} on ${a.server}, ${a.startedAt}`,
    `B: ${b.scenario} on ${b.server}, ${b.startedAt}`,
    '',
    `  ${''.padEnd(width)} ${'A'.padStart(10)} ${'B'.padStart(10)} ${'B ÷ A'.padStart(8)}`,
    ...rows.map(
      ({ name, unit, a: inA, b: inB, ratio }) =>
        `  ${name.padEnd(width)} ${cell(inA)} ${cell(inB)} ${(ratio === null ? '–' : ratio.toFixed(2)).padStart(8)} ${unit}`,
    ),
  ];
  const different = differences(a, b);
  if (different.length > 0) lines.push('', 'Also different', ...different.map((line) => `  ${line}`));
  for (const [name, { warnings }] of Object.entries({ A: a, B: b })) {
    for (const warning of warnings) lines.push('', `Warning about ${name}: ${warning}`);
  }
  return `${lines.join('\n')}\n`;
};
