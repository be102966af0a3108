import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.js';

/** Units of work in one step, where each takes so long. */
const unitsOf = (unitMs: number): number => {
  let nowMs = 0;
  const pace = new Pace(() => nowMs);
  for (let units = 1; ; units += 1) {
    nowMs += unitMs;
    if (pace.spent) return units;
  }
};

test('a step takes a few milliseconds, a few units where they are slow, and one where it is long by itself', () => {
  assert.deepEqual([0.1, 1, 2, 5, 13, 3000].map(unitsOf), [30, 4, 4, 3, 1, 1]);
});
