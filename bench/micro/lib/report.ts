/** Prints what a benchmark measured, and with `--json FILE` adds it to that file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Task } from 'tinybench';
import { describeMachine, type Machine, VERSION_MEASURED } from '../../load/result.js';

export interface MicroFigure {
  readonly name: string;
  readonly value: number;
  /** Such as `ns`, `messages/s`. */
  readonly unit: string;
  /** The same done by what the table compares with. */
  readonly reference?: number;
}

export interface MicroTable {
  readonly title: string;
  readonly command: string;
  /** What the figures' references are; null where they have none. */
  readonly reference: string | null;
  readonly figures: readonly MicroFigure[];
}

/** What a file holds: the tables of every benchmark that was run into it. */
export interface MicroResult {
  readonly kind: 'micro';
  readonly version: string;
  readonly machine: Machine;
  readonly tables: readonly MicroTable[];
}

const { json: jsonFile } = parseArgs({ options: { json: { type: 'string' } } }).values;

/** The median of a call of a task. @throws Error where it did not complete */
export const medianNs = ({ name, result }: Task): number => {
  if (result.state !== 'completed') throw new Error(`${name} did not complete: ${result.state}`);
  return result.latency.p50 * 1e6;
};

/** Medians for each operation. @param perTask how many operations one call of a task stands for, by its name */
export const report = (title: string, bench: Bench, perTask: (name: string) => number = () => 1): void => {
  const figures = bench.tasks.map((task) => ({
    name: task.name,
    value: medianNs(task) / perTask(task.name),
    unit: 'ns',
  }));
  reportFigures(title, figures);
};

/** What was measured some other way, or beside something. */
export const reportFigures = (
  title: string,
  figures: readonly MicroFigure[],
  reference: string | null = null,
): void => {
  const machine = describeMachine();
  console.log(`${title} (Node ${machine.node}, ${machine.processor})`);
  for (const figure of figures) {
    const digits = Math.abs(figure.value) < 10 ? 1 : 0;
    const value = figure.value.toFixed(digits).padStart(10);
    console.log(`  ${figure.name.padEnd(48)} ${value} ${figure.unit}${compare(figure, figures, reference)}`);
  }
  if (jsonFile === undefined) return;
  const command = `npm run bench:micro -- ${parse(process.argv[1] ?? '').name}`;
  const before = existsSync(jsonFile)
    ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as MicroResult).tables
    : [];
  const result: MicroResult = {
    kind: 'micro',
    version: VERSION_MEASURED,
    machine,
    tables: [...before, { title, command, reference, figures }],
  };
  writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
};

/** A ratio to the reference; without one to the first figure, where all are in one unit. */
const compare = (figure: MicroFigure, figures: readonly MicroFigure[], reference: string | null): string => {
  const write = (by: number): string => (figure.value / by).toFixed(2).padStart(9);
  if (figure.reference !== undefined) return `${write(figure.reference)} × ${reference}`;
  const [first] = figures;
  if (first === undefined || figures.some(({ unit }) => unit !== first.unit)) return '';
  return `${write(first.value)} × the first`;
};
