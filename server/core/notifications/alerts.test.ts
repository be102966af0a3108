import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMetrics } from '../../../metrics/metrics.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { Alerts } from './alerts.js';
import { Courier } from './courier.js';
import { Notifications } from './notifications.js';
import type { PingItem } from './occurrence.js';

const WALL_MS = Date.UTC(2026, 2, 20);

/** Alerts over a store on disk; `ada` operates the gateway, `bob` does not. */
const start = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const memory = await openSqliteMemory({ path: join(dir, 'openclaw.db') });
  t.after(async () => {
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: () => WALL_MS + nowMs };
  const wheel = new TimerWheel(100, 0);
  const metrics = createMetrics();
  const settings = { proactive: true, timezone: 'UTC' };
  const faults: unknown[] = [];
  const onFault = (_what: string, error: unknown) => faults.push(error);
  const notifications = new Notifications({ memory, clock, wheel, settings, metrics, onFault });
  const alerts = new Alerts({ notifications, clock, operators: () => ['ada'], onFault });
  const connect = (principal: string) => {
    const items: PingItem[] = [];
    let seq = 0;
    const peer = {
      clientId: 'terminal',
      backlogBytes: 0,
      pingNow: () => {
        seq += 1;
        items.push(...courier.carry(seq));
        courier.acknowledged(seq);
      },
    };
    const courier: Courier = new Courier(peer, clock, wheel, settings);
    notifications.join(principal, courier);
    return { courier, heard: () => items.map(({ type, msg }) => `${type}: ${msg}`) };
  };
  return {
    memory,
    alerts,
    faults,
    connect,
    /** What is under way ends, and the wheel turns by a second. */
    settle: async () => {
      for (let turn = 0; turn < 3; turn++)
        await memory.listNotifications('ada', { after: null, limit: 1 }).catch(() => []);
      nowMs += 1000;
      wheel.advance(nowMs);
    },
  };
};

test('operators hear once that a condition holds, and that it is over', async (t) => {
  const { alerts, connect, settle } = await start(t);
  const ada = connect('ada');
  const bob = connect('bob');
  alerts.over('store', 'was never said to fail');
  alerts.raise('store', 'The disk is full.');
  alerts.raise('store', 'The disk is full.');
  await settle();
  alerts.raise('certificate', 'It expires.');
  alerts.over('store', 'The store works again.');
  await settle();
  assert.deepEqual(ada.heard().sort(), [
    'alert: It expires.',
    'alert: The disk is full.',
    'alert: The store works again.',
  ]);
  assert.deepEqual(bob.heard(), []);
});

test('an alert waits in the store for an operator who is away, and is not there twice', async (t) => {
  const { memory, alerts, connect, settle } = await start(t);
  alerts.raise('certificate', 'It expires.');
  await settle();
  alerts.raise('certificate', 'It expires tomorrow.');
  alerts.raise('certificate', 'It expires.');
  await settle();
  const waiting = await memory.listNotifications('ada', { after: null, limit: 10 });
  assert.deepEqual(waiting.map(({ msg }) => msg).sort(), ['It expires tomorrow.', 'It expires.']);
  const ada = connect('ada');
  await settle();
  ada.courier.fresh();
  await settle();
  assert.equal(ada.heard().length, 2);
});

test('what the store cannot keep is delivered all the same, also to who comes later', async (t) => {
  const { memory, alerts, connect, settle, faults } = await start(t);
  const first = connect('ada');
  await settle();
  await memory.close();
  alerts.raise('store', 'The disk is full.');
  await settle();
  assert.deepEqual(first.heard(), ['alert: The disk is full.']);
  assert.ok(faults.length > 0, 'that it could not be settled was said');
  first.courier.leave();
  alerts.raise('store', 'The disk is gone.');
  await settle();
  const second = connect('ada');
  // As the next scheduled ping would.
  second.courier.fresh();
  await settle();
  assert.deepEqual(second.heard(), ['alert: The disk is gone.'], 'and what was settled is not said again');
});
