/** The result of a run, for people and as JSON. */
import { cpus, release, totalmem } from 'node:os';
import { VERSION } from '../../schemas/version.js';
import { type Figure, type Parameters, reached } from './scenario.js';

/** Where it ran. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

export interface Result {
  readonly scenario: string;
  /** `gateway`, `raw`, or a URL. */
  readonly server: string;
  readonly version: string;
  readonly machine: Machine;
  readonly parameters: Parameters;
  readonly figures: readonly Figure[];
  /** What makes the figures worth less. */
  readonly warnings: readonly string[];
}

export const VERSION_MEASURED = VERSION;

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()} ${process.arch}`,
  node: process.version,
});

/** Three significant digits, whole numbers above that. */
export const formatValue = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
};

const formatGoal = (figure: Figure): string => {
  const { goal } = figure;
  if (goal === null) return '';
  return `   goal ≤ ${formatValue(goal.atMost)}: ${reached(figure, goal) ? 'reached' : 'MISSED'}`;
};

/** Several lines, the last one ended. */
export const formatResult = (result: Result): string => {
  const { machine, parameters } = result;
  const { connections, seconds, heartbeatSeconds } = parameters;
  const lines = [
    `${result.scenario} on ${result.server} ${result.version}: ${connections} connections, ${seconds} s, heartbeat every ${heartbeatSeconds} s`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
    '',
  ];
  const width = Math.max(...result.figures.map(({ name }) => name.length));
  for (const figure of result.figures) {
    const value = formatValue(figure.value).padStart(9);
    lines.push(`  ${figure.name.padEnd(width)} ${value} ${figure.unit}${formatGoal(figure)}`);
  }
  for (const warning of result.warnings) lines.push('', `Warning: ${warning}`);
  return `${lines.join('\n')}\n`;
};
