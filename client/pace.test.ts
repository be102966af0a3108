import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.js';

test('a burst goes at once, then, a little later than the gateway counts, one for each that comes back', () => {
  const pace = new Pace(10, 3, 0);
  for (let at = 0; at < 3; at += 1) {
    assert.equal(pace.waitMs(0), 0);
    pace.spend(0);
  }
  assert.equal(pace.waitMs(0), 351);
  assert.equal(pace.waitMs(40), 311);
  assert.equal(pace.waitMs(351), 0);
  pace.spend(351);
  assert.equal(pace.waitMs(351), 100);
});

test('while the gateway refuses everything, nothing goes', () => {
  const pace = new Pace(10, 3, 0);
  pace.hold(5000);
  pace.hold(4000);
  assert.equal(pace.waitMs(1000), 4000);
  assert.equal(pace.waitMs(5000), 0);
});
