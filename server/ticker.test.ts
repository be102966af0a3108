import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pump } from './core/streams/pump.js';
import { Timer, TimerWheel } from './core/time/timer-wheel.js';
import { TICK_MS, Ticker } from './ticker.js';

const SECOND_MS = 1000;

/** A ticker that is ticked by hand, a deadline, and arrivals that are waited for until they are let in. */
const setUp = () => {
  let nowMs = 0;
  const wheel = new TimerWheel(TICK_MS, nowMs);
  const events: string[] = [];
  const pump = new Pump(() => {});
  const ticker = new Ticker({ clock: { nowMs: () => nowMs, wallMs: () => nowMs }, wheel, pump });
  const waiting: (() => void)[] = [];
  ticker.arrivals = () => {
    events.push('asks');
    return new Promise((resolve) => waiting.push(resolve));
  };
  wheel.schedule(new Timer(null, () => events.push('late')), SECOND_MS);
  return {
    ticker,
    events,
    tick: (ms: number) => {
      nowMs += ms;
      ticker.tick();
    },
    letIn: async () => {
      events.push('arrivals');
      waiting.shift()?.();
      await null;
      await null;
    },
  };
};

test('a tick in time asks nobody', () => {
  const { events, tick } = setUp();
  for (let ticks = 0; ticks <= 10; ticks += 1) tick(TICK_MS);
  assert.deepEqual(events, ['late']);
});

test('after it has stood still, what had arrived comes before the deadlines', async () => {
  const { events, tick, letIn } = setUp();
  tick(2 * SECOND_MS);
  tick(TICK_MS);
  assert.deepEqual(events, ['asks']);
  await letIn();
  assert.deepEqual(events, ['asks', 'arrivals', 'late']);
});

test('those who do not answer hold up the deadlines for a moment only, and no later ones when they do', async () => {
  const { events, tick, letIn } = setUp();
  tick(2 * SECOND_MS);
  tick(2 * SECOND_MS);
  assert.deepEqual(events, ['asks', 'late']);
  await letIn();
  tick(TICK_MS);
  assert.deepEqual(events, ['asks', 'late', 'arrivals']);
});

test('where the sockets are in this thread nobody need be asked', () => {
  const { ticker, events, tick } = setUp();
  ticker.arrivals = null;
  tick(2 * SECOND_MS);
  assert.deepEqual(events, ['late']);
});

test('stopped, it turns nothing, whatever it was waiting for', async () => {
  const { ticker, events, tick, letIn } = setUp();
  tick(2 * SECOND_MS);
  ticker.stop();
  await letIn();
  assert.deepEqual(events, ['asks', 'arrivals']);
});
