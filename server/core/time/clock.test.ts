import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.js';

test('the monotonic clock tells fractions of a millisecond, which a fast rate limit needs', () => {
  let previousMs = systemClock.nowMs();
  const startMs = previousMs;
  let fractions = 0;
  while (fractions < 100 && previousMs - startMs < 10_000) {
    const nowMs = systemClock.nowMs();
    assert.ok(nowMs >= previousMs);
    if (nowMs % 1 !== 0) fractions += 1;
    previousMs = nowMs;
  }
  assert.equal(fractions, 100);
});
