import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.js';

/** One that has sent its burst of three at the time 0. */
const spent = (): Pace => {
  const pace = new Pace(10, 3, 0);
  for (const id of [1, 2, 3]) {
    assert.equal(pace.waitMs(0), 0);
    pace.sent(id, 0);
  }
  return pace;
};

test('a burst goes at once; then, a little later than the gateway counts, one for each that comes back', () => {
  const pace = spent();
  for (const id of [1, 2, 3]) pace.answered(id, 0);
  assert.equal(pace.waitMs(0), 201);
  assert.equal(pace.waitMs(40), 161);
  assert.equal(pace.waitMs(201), 0);
  pace.sent(4, 201);
  pace.answered(4, 201);
  assert.equal(pace.waitMs(201), 100);
});

test('what is under way may arrive together, so it is never more than a burst, until it must have arrived', () => {
  const pace = spent();
  assert.ok(pace.waitMs(1900) > 0);
  pace.answered(1, 1900);
  assert.ok(pace.waitMs(1900) > 0);
  assert.equal(pace.waitMs(2101), 0, 'the others are counted as having arrived');
});

test('while the gateway refuses everything, nothing goes', () => {
  const pace = new Pace(10, 3, 0);
  pace.hold(5000);
  pace.hold(4000);
  assert.equal(pace.waitMs(1000), 4000);
  assert.equal(pace.waitMs(5000), 0);
});
