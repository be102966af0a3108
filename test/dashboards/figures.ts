/** Figures as Grafana writes them in its units, short enough for an axis. */

interface Unit {
  /** What one step of the axis is a round number of: 1024 for a value in KiB. */
  readonly divisor: number;
  readonly suffix: string;
}

const PREFIXES = ['', 'k', 'M', 'G'] as const;
const BINARY = ['B', 'KiB', 'MiB', 'GiB'] as const;
const RATES: Readonly<Record<string, string>> = { reqps: ' req/s', ops: '/s', mps: ' msg/s', cps: '/s' };

const powerOf = (value: number, base: number): number =>
  value < base ? 0 : Math.min(3, Math.floor(Math.log(value) / Math.log(base) + 1e-9));

/** What figures up to `largest` are written in. @param unit an id of Grafana's */
export const unitFor = (unit: string, largest: number): Unit => {
  if (unit === 's') {
    if (largest >= 3600) return { divisor: 3600, suffix: ' h' };
    if (largest >= 120) return { divisor: 60, suffix: ' min' };
    return largest < 1 ? { divisor: 0.001, suffix: ' ms' } : { divisor: 1, suffix: ' s' };
  }
  if (unit === 'percentunit') return { divisor: 0.01, suffix: ' %' };
  if (unit === 'bytes' || unit === 'Bps') {
    const power = powerOf(largest, 1024);
    return { divisor: 1024 ** power, suffix: ` ${BINARY[power]}${unit === 'Bps' ? '/s' : ''}` };
  }
  const power = largest < 10_000 ? 0 : powerOf(largest, 1000);
  return {
    divisor: 1000 ** power,
    suffix: `${power === 0 ? '' : ` ${PREFIXES[power]}`}${RATES[unit] ?? ''}`,
  };
};

/** Three digits that count. */
export const figure = (value: number, { divisor, suffix }: Unit): string =>
  `${Number((value / divisor).toPrecision(3))}${suffix}`;

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** Where an axis of so many seconds has a mark: at most six. */
export const timeTicks = (seconds: number): readonly number[] => {
  const step = TIME_STEPS.find((each) => seconds / each <= 5) ?? 7200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => at * step);
};

/** `2:30` for 150 seconds. */
export const clockTime = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
