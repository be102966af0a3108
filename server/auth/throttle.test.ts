import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureThrottle } from './throttle.js';

test('the eleventh failure in a minute is refused until the first one is a minute old', () => {
  const throttle = new FailureThrottle();
  for (let failure = 0; failure < 10; failure++) {
    assert.equal(throttle.retryAfterMs('a', 1000 + failure), 0);
    throttle.recordFailure('a', 1000 + failure);
  }
  assert.equal(throttle.retryAfterMs('a', 2000), 59_000);
  assert.equal(throttle.retryAfterMs('b', 2000), 0);
  assert.equal(throttle.retryAfterMs('a', 60_999), 1);
  assert.equal(throttle.retryAfterMs('a', 61_000), 0);
  throttle.recordFailure('a', 61_000);
  assert.equal(throttle.retryAfterMs('a', 61_000), 1);
});

const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), passedMs: fc.nat(40) }), {
  maxLength: 300,
});

test('at most maxFailures are judged in any window, and never fewer (against a plain list)', () => {
  fc.assert(
    fc.property(steps, (attempts) => {
      const throttle = new FailureThrottle({ maxFailures: 3, windowMs: 100 });
      const judged: { key: string; atMs: number }[] = [];
      let nowMs = 0;
      for (const { key, passedMs } of attempts) {
        nowMs += passedMs;
        const recent = judged.filter((failure) => failure.key === key && failure.atMs > nowMs - 100);
        const expectedMs = recent.length < 3 ? 0 : (recent.at(-3)?.atMs ?? Number.NaN) + 100 - nowMs;
        assert.equal(throttle.retryAfterMs(key, nowMs), expectedMs);
        if (expectedMs > 0) continue;
        throttle.recordFailure(key, nowMs);
        judged.push({ key, atMs: nowMs });
      }
    }),
  );
});

test('memory stays bounded, and nobody is refused for what others did, whatever the addresses and the clock do', () => {
  const attempts = fc.array(fc.record({ key: fc.nat(40), passedMs: fc.integer({ min: -50, max: 50 }) }), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(attempts, (sequence) => {
      const throttle = new FailureThrottle({ maxFailures: 3, windowMs: 100, maxAddresses: 8 });
      const failures = new Map<string, number>();
      let nowMs = 1000;
      for (const { key: number, passedMs } of sequence) {
        nowMs += passedMs;
        const key = String(number);
        const retryAfterMs = throttle.retryAfterMs(key, nowMs);
        assert.ok(retryAfterMs >= 0 && retryAfterMs <= 100);
        if (retryAfterMs > 0) assert.ok((failures.get(key) ?? 0) >= 3);
        throttle.recordFailure(key, nowMs);
        failures.set(key, (failures.get(key) ?? 0) + 1);
        assert.ok(throttle.size <= 8);
      }
    }),
  );
});

test('a throttled address stays so while fewer others than half the capacity pass by', () => {
  const throttle = new FailureThrottle({ maxFailures: 1, maxAddresses: 1000 });
  for (let other = 0; other < 400; other++) throttle.recordFailure(`before ${other}`, 0);
  throttle.recordFailure('busy', 0);
  for (let other = 0; other < 499; other++) throttle.recordFailure(`after ${other}`, 1);
  assert.equal(throttle.retryAfterMs('busy', 1), 59_999);
});

test('failures counted before the clock was set back hold nobody up for longer than the window', () => {
  const throttle = new FailureThrottle({ maxFailures: 1, windowMs: 100 });
  throttle.recordFailure('a', 1_000_000);
  assert.equal(throttle.retryAfterMs('a', 1000), 0);
});

test('addresses that fell quiet are forgotten', () => {
  const throttle = new FailureThrottle({ windowMs: 100 });
  for (let address = 0; address < 500; address++) throttle.recordFailure(String(address), 0);
  throttle.recordFailure('later', 100);
  throttle.recordFailure('later still', 200);
  assert.equal(throttle.size, 2);
});
