import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartDelays } from './restart-delays.js';

test('soon at first, then later each time, a minute at most', () => {
  const delays = new RestartDelays();
  const waits = Array.from({ length: 10 }, () => delays.next(0));
  assert.deepEqual(waits, [250, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('soon again once one has lasted; one that was ready for a moment has not', () => {
  const delays = new RestartDelays();
  delays.next(0);
  assert.equal(delays.next(59_999), 1000);
  assert.equal(delays.next(60_000), 250);
});

test('one that has to be ended by force again and again is left alone', () => {
  const delays = new RestartDelays();
  for (let at = 0; at < 19; at += 1) assert.notEqual(delays.next(60_000, true), null);
  assert.notEqual(delays.next(0), null);
  assert.equal(delays.next(60_000, true), null);
  assert.equal(delays.next(60_000), null);
});
