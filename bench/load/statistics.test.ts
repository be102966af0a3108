import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divide, mean, slope } from './statistics.js';

test('the slope of a line is found, whatever it starts from', () => {
  const line = [5000, 10_000, 20_000].map((x) => ({ x, y: 60e6 + 2048 * x }));
  assert.ok(Math.abs(slope(line) - 2048) < 1e-6);
});

test('the slope of points around a line is that of the line that fits best', () => {
  const points = [
    { x: 0, y: 1 },
    { x: 1, y: 0 },
    { x: 2, y: 3 },
    { x: 3, y: 2 },
  ];
  assert.ok(Math.abs(slope(points) - 0.6) < 1e-12);
});

test('one point has no slope, and nothing has no mean', () => {
  assert.ok(Number.isNaN(slope([{ x: 1, y: 2 }])));
  assert.ok(Number.isNaN(slope([])));
  assert.ok(Number.isNaN(mean([])));
});

test('what is divided is all there, in parts as even as can be', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 64 }), (whole, count) => {
      const parts = divide(whole, count);
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        whole,
      );
      assert.equal(parts.length, count);
      assert.ok((parts[0] as number) - (parts.at(-1) as number) <= 1);
    }),
  );
});
