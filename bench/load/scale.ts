/** Axes of charts: where a value stands, and which values are worth a line. */

export interface Scale {
  /** Where a value stands: 0 at the start of the axis, 1 at its end. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const MOST_TICKS = 6;
const NICE = [1, 2, 5, 10];

/** From 0 to a round number above the largest. */
export const linearScale = (largest: number): Scale => {
  const span = largest > 0 && Number.isFinite(largest) ? largest : 1;
  const rough = span / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (NICE.find((nice) => nice * power >= rough * 0.999) as number);
  const count = Math.max(1, Math.ceil(span / step - 1e-9));
  return {
    at: (value) => value / (step * count),
    // Multiplied, not added up: 0.1 three times is not 0.3.
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12))),
  };
};

/** Between powers of ten, or closer where that would leave most of it empty; both above 0. */
export const logScale = (smallest: number, largest: number): Scale => {
  const steps = [1, 2, 5];
  const below = (value: number): number => {
    const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
    return power * (steps.findLast((step) => step * power <= value * 1.000001) ?? 1);
  };
  const above = (value: number): number => {
    const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
    return power * ([...steps, 10].find((step) => step * power >= value * 0.999999) as number);
  };
  const from = below(smallest);
  const to = Math.max(above(largest), from * 2);
  const decades = Math.log10(to / from);
  const kept = decades > 4 ? [1] : decades > 2.5 ? [1, 5] : steps;
  const ticks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(from) + 1e-9); power <= to * 1.000001; power *= 10) {
    for (const step of kept) {
      const tick = Number((step * power).toPrecision(12));
      if (tick >= from * 0.999999 && tick <= to * 1.000001) ticks.push(tick);
    }
  }
  return { at: (value) => Math.log(value / from) / Math.log(to / from), ticks };
};
