import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linearScale, logScale } from './scale.js';

const positive = fc.double({ min: 1e-6, max: 1e12, noNaN: true });

const ascending = (ticks: readonly number[]): boolean =>
  ticks.every((tick, at) => at === 0 || tick > (ticks[at - 1] as number));

test('a linear axis begins at 0, ends at a tick above the largest value, and has few ticks', () => {
  fc.assert(
    fc.property(positive, (largest) => {
      const { at, ticks } = linearScale(largest);
      assert.ok(ticks[0] === 0 && ticks.length >= 2 && ticks.length <= 7 && ascending(ticks), `${ticks}`);
      assert.ok(Math.abs(at(ticks.at(-1) as number) - 1) < 1e-9);
      assert.ok(at(largest) > 0.5 && at(largest) <= 1 + 1e-9);
    }),
  );
});

test('a logarithmic axis holds all values between its ends and has a tick or more', () => {
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const [smallest, largest] = a < b ? [a, b] : [b, a];
      const { at, ticks } = logScale(smallest, largest);
      assert.ok(at(smallest) >= -1e-5 && at(largest) <= 1 + 1e-5 && at(smallest) <= at(largest));
      assert.ok(ticks.length >= 1 && ticks.length <= 20 && ascending(ticks), `${ticks}`);
      for (const tick of ticks) assert.ok(at(tick) >= -1e-5 && at(tick) <= 1 + 1e-5);
    }),
  );
});

test('axes have the ticks that a person would draw', () => {
  assert.deepEqual(linearScale(0.3).ticks, [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(linearScale(0).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(logScale(100, 50_000).ticks, [100, 500, 1000, 5000, 10_000, 50_000]);
});
