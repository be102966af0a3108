import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketOf, bucketTop, Histogram } from './histogram.js';

const anyMicroseconds = fc.oneof(fc.nat(300), fc.nat(100_000), fc.nat(2 ** 31 - 1));

const of = (microseconds: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of microseconds) histogram.record(value / 1000);
  return histogram;
};

test('a bucket holds its value, is 1/64 of it wide at most, and begins where the one before ends', () => {
  fc.assert(
    fc.property(anyMicroseconds, (value) => {
      const bucket = bucketOf(value);
      const top = bucketTop(bucket);
      assert.ok(value <= top && top - value <= value / 64, `${value} in a bucket up to ${top}`);
      assert.equal(bucketOf(top), bucket);
      assert.equal(bucketOf(Math.min(top + 1, 2 ** 31 - 1)), top === 2 ** 31 - 1 ? bucket : bucket + 1);
    }),
  );
});

test('a percentile is that of the sorted samples, less than 1/64 above', () => {
  fc.assert(
    fc.property(
      fc.array(anyMicroseconds, { minLength: 1 }),
      fc.constantFrom(0.01, 0.5, 0.99, 0.999, 1),
      (values, part) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(part * sorted.length) - 1] as number;
        const found = of(values).percentile(part) * 1000;
        assert.ok(found >= exact - 1e-6 && found <= exact * (1 + 1 / 64) + 1e-6, `${found} for ${exact}`);
      },
    ),
  );
});

test('the histograms of several processes add up to that of all samples, and what was before can be taken away', () => {
  const samples = fc.array(anyMicroseconds, { maxLength: 50 });
  fc.assert(
    fc.property(samples, samples, (some, others) => {
      const together = Histogram.from(of(some).toSparse());
      together.add(of(others).toSparse());
      assert.deepEqual(together.toSparse(), of([...some, ...others]).toSparse());
      assert.equal(together.count, some.length + others.length);
      together.subtract(of(some).toSparse());
      assert.deepEqual(together.toSparse(), of(others).toSparse());
    }),
  );
});

test('several equal samples are recorded at once; nothing has no percentile', () => {
  const histogram = new Histogram();
  assert.ok(Number.isNaN(histogram.percentile(0.5)));
  histogram.record(0.002, 3);
  histogram.record(0.01);
  assert.equal(histogram.count, 4);
  assert.equal(histogram.percentile(0.75), 0.002);
});

test('a sample beneath nothing counts as nothing, one beyond half an hour as that', () => {
  const histogram = of([-5, 1e12]);
  assert.equal(histogram.percentile(0.5), 0);
  assert.equal(histogram.percentile(1), (2 ** 31 - 1) / 1000);
});
