import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Attempts } from './attempts.js';
import { Breaker } from './breaker.js';
import { ProviderFailure } from './failure.js';

const failing = (facts: Partial<ConstructorParameters<typeof ProviderFailure>[1]> = {}): ProviderFailure =>
  new ProviderFailure('failed', { transient: true, counts: true, ...facts });
const breakers = (count: number): Breaker[] => Array.from({ length: count }, () => new Breaker());

test('each provider is asked three times, with pauses that grow, then the next one, in their order', () => {
  const attempts = new Attempts(breakers(2));
  const done: (string | number)[] = [];
  for (let turn = attempts.next(0); turn !== null; turn = attempts.next(0)) {
    done.push(`ask ${turn.at}`);
    for (
      let pause = attempts.pauseAfter(failing(), 0.5);
      pause !== null;
      pause = attempts.pauseAfter(failing(), 0.5)
    ) {
      done.push(pause);
    }
  }
  assert.deepEqual(done, ['ask 0', 500, 1000, 'ask 1', 500, 1000]);
});

test('what would fail again, and what would take as long again, is not repeated', () => {
  for (const failure of [failing({ transient: false }), failing({ slow: true })]) {
    const attempts = new Attempts(breakers(1));
    attempts.next(0);
    assert.equal(attempts.pauseAfter(failure, 0), null);
    assert.equal(attempts.next(0), null);
  }
});

test('as long as the provider asks for is waited, up to 30 seconds, or 2 where somebody else can be asked', () => {
  const wait = (retryAfterMs: number, others: number): number | null => {
    const attempts = new Attempts(breakers(1 + others));
    attempts.next(0);
    return attempts.pauseAfter(failing({ retryAfterMs }), 0);
  };
  assert.deepEqual([wait(0, 0), wait(7000, 0), wait(30_000, 0), wait(30_001, 0)], [250, 7000, 30_000, null]);
  assert.deepEqual([wait(2000, 1), wait(2001, 1)], [2000, null]);
});

test('a breaker opens after five failed runs in a row, lets one try after 30 seconds, and closes when that works', () => {
  const breaker = new Breaker();
  const run = (nowMs: number) => breaker.admit(nowMs);
  const ask = (nowMs: number) => {
    const admission = run(nowMs);
    assert.ok(admission !== null);
    return admission;
  };
  for (const at of [1, 2, 3, 4]) assert.equal(breaker.failed(ask(at), at), false);
  breaker.leave(ask(5));
  const late = ask(5);
  assert.equal(breaker.failed(ask(5), 5), true);
  assert.equal(run(30_004), null);
  // Whoever was under way when it opened tells nothing new.
  assert.equal(breaker.failed(late, 20_000), false);
  const trial = ask(30_005);
  assert.equal(run(30_005), null);
  breaker.leave(late);
  assert.equal(run(30_005), null);
  assert.equal(breaker.failed(trial, 31_000), false);
  assert.equal(run(60_999), null);
  breaker.leave(ask(61_000));
  const again = ask(61_000);
  assert.ok(again.isTrial);
  breaker.worked();
  assert.deepEqual([run(61_000), run(61_000)], [{ isTrial: false }, { isTrial: false }]);
});

test('whatever happens, a breaker that is open admits nobody for 30 seconds, and one that is half open one at a time', () => {
  const step = fc.record({
    what: fc.constantFrom('ask', 'failed', 'worked', 'leave'),
    passesMs: fc.nat(20_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const breaker = new Breaker();
      const underway: { readonly isTrial: boolean }[] = [];
      let nowMs = 0;
      let openedMs = Number.NEGATIVE_INFINITY;
      for (const { what, passesMs } of steps) {
        nowMs += passesMs;
        if (what === 'ask') {
          const admission = breaker.admit(nowMs);
          if (admission === null) continue;
          if (breaker.isOpen) assert.ok(admission.isTrial && nowMs - openedMs >= 30_000);
          underway.push(admission);
          continue;
        }
        const admission = underway.shift();
        if (admission === undefined) continue;
        if (what === 'worked') breaker.worked();
        else if (what === 'leave') breaker.leave(admission);
        else {
          const opened = breaker.failed(admission, nowMs);
          if (opened || (admission.isTrial && breaker.isOpen)) openedMs = nowMs;
        }
      }
    }),
  );
});
