/** Results for people, as text. */
import { PARAMETER_NAMES, parameterInfo } from './parameters.js';
import type { Result } from './result.js';
import { type Figure, reached } from './scenario.js';

/** Three significant digits, whole numbers above that. */
export const formatValue = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
};

const formatGoal = (figure: Figure): string => {
  const { goal } = figure;
  if (goal === null) return '';
  return `   goal ≤ ${formatValue(goal.atMost)}: ${reached(figure, goal) ? 'reached' : 'MISSED'}`;
};

/** What was turned, as the flags that turn it. */
export const formatParameters = ({ parameters }: Result): string =>
  PARAMETER_NAMES.filter((name) => parameters[name] !== undefined)
    .map((name) => `--${parameterInfo(name).flag} ${parameters[name]}`)
    .join(' ');

export const formatMachine = ({ machine, pinning, processes }: Result): string => {
  const where = `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`;
  const clients = `${processes} ${processes === 1 ? 'process' : 'processes'} of clients`;
  return pinning === null
    ? `${where}; ${clients}`
    : `${where}; server on core ${pinning.server}, ${clients} on ${pinning.clients}`;
};

const formatPoints = ({ points }: Result): string[] => {
  const names = (points[0]?.figures ?? []).map(({ name, unit }) => ({ name, unit }));
  if (points.length === 0) return [];
  const width = Math.max(...names.map(({ name }) => name.length));
  const value = (name: string, at: number): string =>
    formatValue(points[at]?.figures.find((figure) => figure.name === name)?.value ?? Number.NaN).padStart(9);
  return [
    '',
    `  ${'connections'.padEnd(width)} ${points.map(({ connections }) => String(connections).padStart(9)).join('')}`,
    ...names.map(
      ({ name, unit }) =>
        `  ${name.padEnd(width)} ${points.map((_, at) => value(name, at)).join('')} ${unit}`,
    ),
  ];
};

/** Several lines, the last one ended. */
export const formatResult = (result: Result): string => {
  const lines = [
    `${result.scenario} on ${result.server}, version ${result.version}, ${formatParameters(result)}`,
    formatMachine(result),
    '',
  ];
  const width = Math.max(0, ...result.figures.map(({ name }) => name.length));
  for (const figure of result.figures) {
    const value = formatValue(figure.value).padStart(9);
    lines.push(`  ${figure.name.padEnd(width)} ${value} ${figure.unit}${formatGoal(figure)}`);
  }
  lines.push(...formatPoints(result));
  const troubles = Object.entries(result.troubles);
  if (troubles.length > 0) lines.push('', 'What went wrong');
  for (const [what, times] of troubles) lines.push(`  ${String(times).padStart(9)} × ${what}`);
  for (const warning of result.warnings) lines.push('', `Warning: ${warning}`);
  return `${lines.join('\n')}\n`;
};
