import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timer, TimerWheel } from './timer-wheel.js';

test('a timer fires once, at its deadline or up to one tick later', () => {
  const wheel = new TimerWheel(100, 0);
  const fired: number[] = [];
  const timer = new Timer('a', (_owner, nowMs) => fired.push(nowMs));
  wheel.schedule(timer, 5000);
  wheel.advance(4999);
  assert.deepEqual(fired, []);
  wheel.advance(5000);
  assert.deepEqual(fired, [5000]);
  wheel.advance(60_000);
  assert.deepEqual(fired, [5000]);
  assert.equal(timer.scheduled, false);
  assert.equal(wheel.pending, 0);
});

test('a cancelled timer never fires, and cancelling twice is harmless', () => {
  const wheel = new TimerWheel(100, 0);
  const timer = new Timer(null, () => assert.fail('fired'));
  wheel.schedule(timer, 300);
  wheel.cancel(timer);
  wheel.cancel(timer);
  wheel.advance(1000);
  assert.equal(wheel.pending, 0);
});

test('a timer can be moved, and scheduled again from its own firing', () => {
  const wheel = new TimerWheel(10, 0);
  const fired: number[] = [];
  const timer: Timer<null> = new Timer(null, (_owner, nowMs) => {
    fired.push(nowMs);
    if (fired.length < 3) wheel.schedule(timer, nowMs + 640);
  });
  wheel.schedule(timer, 50);
  wheel.schedule(timer, 100);
  for (let nowMs = 0; nowMs <= 3000; nowMs += 10) wheel.advance(nowMs);
  assert.deepEqual(fired, [100, 740, 1380]);
});

test('a deadline in the past fires at the next tick', () => {
  const wheel = new TimerWheel(100, 1000);
  let fired = 0;
  const timer = new Timer(null, () => {
    fired += 1;
  });
  wheel.advance(2000);
  wheel.schedule(timer, 5);
  wheel.advance(2000);
  assert.equal(fired, 0);
  wheel.advance(2100);
  assert.equal(fired, 1);
});

test('a deadline of 10^9 seconds is kept and does not fire early', () => {
  const wheel = new TimerWheel(100, 0);
  const timer = new Timer(null, () => assert.fail('fired'));
  wheel.schedule(timer, 1e12);
  wheel.advance(3_600_000);
  assert.equal(timer.scheduled, true);
});

test('any mix of schedules, moves, cancels and steps agrees with a sorted list', () => {
  const step = fc.record({
    timer: fc.integer({ min: 0, max: 7 }),
    action: fc.constantFrom('schedule', 'cancel', 'none'),
    delayMs: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 3_000_000 })),
    advanceMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 400_000 })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const wheel = new TimerWheel(10, 0);
      const fired: string[] = [];
      const timers = Array.from({ length: 8 }, (_, i) => new Timer(i, (owner) => fired.push(`${owner}`)));
      const model = new Map<number, number>();
      let nowMs = 0;
      for (const { timer, action, delayMs, advanceMs } of steps) {
        const target = timers[timer] as Timer<number>;
        if (action === 'schedule') {
          wheel.schedule(target, nowMs + delayMs);
          const tick = Math.ceil((nowMs + delayMs) / 10);
          model.set(timer, Math.max(tick, Math.floor(nowMs / 10) + 1));
        } else if (action === 'cancel') {
          wheel.cancel(target);
          model.delete(timer);
        }
        nowMs += advanceMs;
        fired.length = 0;
        wheel.advance(nowMs);
        const due = [...model].filter(([, tick]) => tick <= Math.floor(nowMs / 10));
        for (const [id] of due) model.delete(id);
        assert.deepEqual([...fired].sort(), due.map(([id]) => `${id}`).sort());
        assert.equal(wheel.pending, model.size);
      }
    }),
    { numRuns: 300 },
  );
});
