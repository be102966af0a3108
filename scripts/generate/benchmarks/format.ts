/** How the benchmarks page writes figures. */
import type { Machine, Spread } from './results.js';

export const grouped = (value: number): string => Math.round(value).toLocaleString('en').replaceAll(',', ' ');

/** Three significant digits, whole numbers above that. Null: there is none, as JSON has no NaN. */
export const number = (value: number | null): string => {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return grouped(value);
  return value.toFixed(size >= 10 ? 1 : 2);
};

export const spread = ({ median, least, most }: Spread, write: (value: number) => string): string =>
  least === most ? write(median) : `${write(median)} (${write(least)}–${write(most)})`;
export const ratio = (value: number): string => value.toFixed(2);
export const percent = (share: number | null): string =>
  share === null ? '–' : `${Math.round(100 * share)} %`;

export const machine = ({ processor, cores, memoryGiB, system, node }: Machine): string =>
  `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`;

export const shell = (command: string): readonly string[] => ['```sh', command, '```', ''];

export const warned = (warnings: readonly string[]): readonly string[] =>
  warnings.flatMap((warning) => [`**Warning:** ${warning}`, '']);

export const verdict = (reached: boolean): string => (reached ? 'reached' : '**missed**');
