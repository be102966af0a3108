import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnClock } from './turn-clock.js';

test('the clock is read once a turn', () => {
  let systemMs = 5;
  let reads = 0;
  const ends: (() => void)[] = [];
  const clock = {
    nowMs: () => {
      reads += 1;
      return systemMs;
    },
    wallMs: () => 0,
  };
  const turn = new TurnClock(clock, (task) => ends.push(task));
  assert.equal(turn.nowMs(), 5);
  systemMs = 6;
  assert.deepEqual([turn.nowMs(), turn.nowMs(), reads, ends.length], [5, 5, 1, 1]);
  ends.pop()?.();
  assert.deepEqual([turn.nowMs(), reads, ends.length], [6, 2, 1]);
});
