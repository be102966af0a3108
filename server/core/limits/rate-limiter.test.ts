import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLOSES, PASSES, RateLimiter, type RateLimits, REFUSED } from './rate-limiter.js';

const limits: RateLimits = {
  enabled: true,
  messagesPerSecond: 10,
  messagesPerMinute: 200,
  burstSize: 20,
  cooldownMs: 60_000,
};

test('fifty messages at once: twenty pass, twenty are refused, the next one closes', () => {
  const limiter = new RateLimiter(limits, 0);
  const verdicts = Array.from({ length: 50 }, () => limiter.take(0, limits));
  assert.deepEqual(verdicts.slice(0, 20), new Array(20).fill(PASSES));
  assert.deepEqual(verdicts.slice(20, 40), new Array(20).fill(REFUSED));
  assert.equal(verdicts[40], CLOSES);
  assert.equal(limiter.limit, 'messages_per_second');
  assert.equal(limiter.retryAfterMs(0), 60_000);
});

test('after the cooldown the bucket has filled, and a refused message costs nothing', () => {
  const limiter = new RateLimiter(limits, 0);
  for (let i = 0; i < 21; i += 1) limiter.take(0, limits);
  assert.equal(limiter.take(59_999, limits), REFUSED);
  assert.equal(limiter.retryAfterMs(59_999), 1);
  assert.equal(limiter.take(60_000, limits), PASSES);
  assert.equal(limiter.retryAfterMs(60_000), 0);
});

test('a steady sender below the second’s limit runs into the minute’s', () => {
  const limiter = new RateLimiter(limits, 0);
  let passed = 0;
  let nowMs = 0;
  while (limiter.take(nowMs, limits) === PASSES) {
    passed += 1;
    nowMs += 125;
  }
  assert.equal(passed, 200);
  assert.equal(limiter.limit, 'messages_per_minute');
});

test('a cooldown of 0 refuses one message and no more', () => {
  const none = { ...limits, cooldownMs: 0 };
  const limiter = new RateLimiter(none, 0);
  for (let i = 0; i < 20; i += 1) assert.equal(limiter.take(0, none), PASSES);
  assert.equal(limiter.take(0, none), REFUSED);
  assert.equal(limiter.take(100, none), PASSES);
});

test('switched off, everything passes', () => {
  const off = { ...limits, enabled: false };
  const limiter = new RateLimiter(off, 0);
  for (let i = 0; i < 1000; i += 1) assert.equal(limiter.take(0, off), PASSES);
});

test('no interleaving lets more through than the limits allow', () => {
  const gaps = fc.array(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 90_000 })),
    { minLength: 1, maxLength: 400 },
  );
  const anyLimits = fc.record({
    messagesPerSecond: fc.integer({ min: 1, max: 30 }),
    messagesPerMinute: fc.integer({ min: 1, max: 120 }),
    burstSize: fc.integer({ min: 1, max: 40 }),
    cooldownMs: fc.constantFrom(0, 1, 500, 5000, 60_000),
  });
  fc.assert(
    fc.property(gaps, anyLimits, fc.integer({ min: 0, max: 1e9 }), (steps, some, startMs) => {
      const set = { enabled: true, ...some };
      const limiter = new RateLimiter(set, startMs);
      const passed: number[] = [];
      let nowMs = startMs;
      for (const gap of steps) {
        nowMs += gap;
        if (limiter.take(nowMs, set) === PASSES) passed.push(nowMs);
      }
      for (const [at, firstMs] of passed.entries()) {
        const inMinute = passed.filter((ms) => ms >= firstMs && ms < firstMs + 60_000).length;
        assert.ok(inMinute <= set.messagesPerMinute, `${inMinute} in one minute`);
        for (let last = at; last < passed.length; last += 1) {
          const seconds = ((passed[last] as number) - firstMs) / 1000;
          assert.ok(last - at + 1 <= set.burstSize + seconds * set.messagesPerSecond + 1e-6);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('the first refusal of a cooldown never says more than the cooldown, whatever the fraction of the clock', () => {
  const single = { ...limits, burstSize: 1 };
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (nowMs) => {
      const limiter = new RateLimiter(single, nowMs);
      for (let message = 0; message < 2; message += 1) limiter.take(nowMs, single);
      const retryAfterMs = limiter.retryAfterMs(nowMs);
      assert.ok(retryAfterMs > 59_998 && retryAfterMs <= 60_000, `${retryAfterMs} ms at ${nowMs}`);
    }),
  );
});

test('a burst within a millisecond gets no more than it holds, however fast the bucket fills', () => {
  const fast = { ...limits, messagesPerSecond: 1000, messagesPerMinute: 1e9, burstSize: 2 };
  const limiter = new RateLimiter(fast, 0.9);
  // The millisecond turns in the middle of it.
  const verdicts = [0.95, 1.05, 1.15].map((nowMs) => limiter.take(nowMs, fast));
  assert.deepEqual(verdicts, [PASSES, PASSES, REFUSED]);
});
