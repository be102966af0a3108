import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettledOccurrence, StoredNotification } from '../../backends/memory/port.js';
import { notificationFrame } from '../rpc/reply.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { Courier } from './courier.js';
import type { PingItem } from './occurrence.js';
import { NotificationQueue } from './queue.js';

const TICK_MS = 100;
const START_MS = Date.UTC(2026, 2, 20);
const MINUTE_MS = 60_000;

/** A queue on a clock that is stepped, and connections that note what their pings carry. */
const start = () => {
  let nowMs = 0;
  let wallOffsetMs = START_MS;
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs + wallOffsetMs };
  const wheel = new TimerWheel(TICK_MS, 0);
  const settings = { proactive: true, timezone: 'UTC' };
  const settled: SettledOccurrence[] = [];
  let deserted = 0;
  const queue = new NotificationQueue({
    clock,
    wheel,
    // Every full minute.
    nextRunMs: (cron, afterMs) =>
      cron === 'never' ? null : (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS,
    onSettled: (these) => settled.push(...these),
    onDeserted: () => {
      deserted += 1;
    },
  });
  const connect = (clientId = 'terminal') => {
    const pings: { seq: number; atMs: number; items: readonly PingItem[] }[] = [];
    const peer = {
      clientId,
      backlogBytes: 0,
      pingNow: () => {
        const seq = pings.length + 1;
        pings.push({ seq, atMs: nowMs, items: courier.carry(seq) });
      },
    };
    const courier: Courier = new Courier(peer, clock, wheel, settings);
    courier.join(queue);
    /** Ids of each ping. */
    const carried = () => pings.map(({ items }) => items.map(({ id }) => id));
    return { courier, peer, pings, carried };
  };
  return {
    queue,
    settled,
    settings,
    wheel,
    connect,
    deserted: () => deserted,
    setWallClock: (byMs: number) => {
      wallOffsetMs += byMs;
    },
    to: (untilMs: number) => {
      while (nowMs < untilMs) {
        nowMs += TICK_MS;
        wheel.advance(nowMs);
      }
    },
  };
};

const notification = (
  notificationId: string,
  change: Partial<StoredNotification> = {},
): StoredNotification => ({
  notificationId,
  principal: 'ada',
  clientId: null,
  type: 'reminder',
  msg: 'Meeting at 3 PM',
  createdAtMs: START_MS,
  dueAtMs: START_MS,
  cron: null,
  ...change,
});

test('what waits rides on the next ping and on every one until it is acknowledged', () => {
  const { queue, settled, connect, to } = start();
  const { peer, courier, pings, carried } = connect();
  queue.load([notification('b', { dueAtMs: START_MS - 1 }), notification('a')]);
  to(5000);
  assert.equal(pings.length, 0, 'it brings no ping forward');
  peer.pingNow();
  peer.pingNow();
  assert.deepEqual(carried(), [
    ['b', 'a'],
    ['b', 'a'],
  ]);
  assert.deepEqual(pings[0]?.items[1], {
    id: 'a',
    type: 'reminder',
    msg: 'Meeting at 3 PM',
    created_at: '2026-03-20T00:00:00.000Z',
  });
  courier.acknowledged(1);
  assert.deepEqual(
    settled.map(({ notificationId }) => notificationId),
    ['b', 'a'],
    'the first ping that carried it is enough',
  );
  peer.pingNow();
  assert.deepEqual(carried()[2], []);
});

test('a pong settles only what the pings it acknowledges carried', () => {
  const { queue, settled, connect, to } = start();
  const { peer, courier } = connect();
  peer.pingNow();
  queue.add(notification('a'));
  courier.acknowledged(1);
  assert.deepEqual(settled, []);
  to(TICK_MS);
  courier.acknowledged(2);
  assert.deepEqual(settled, [{ notificationId: 'a', dueAtMs: START_MS, nextDueAtMs: null }]);
  courier.acknowledged(2);
  assert.equal(settled.length, 1);
});

test('a fresh one brings a ping forward, at most one a second', () => {
  const { queue, connect, to } = start();
  const { pings, carried } = connect();
  queue.add(notification('a'));
  queue.add(notification('b'));
  to(TICK_MS);
  queue.add(notification('c'));
  queue.add(notification('d'));
  to(10_000);
  assert.deepEqual(
    pings.map(({ atMs }) => atMs),
    [100, 1100],
  );
  assert.deepEqual(carried(), [
    ['a', 'b'],
    ['a', 'b', 'c', 'd'],
  ]);
});

test('a connection with bytes unsent is sent no more until they are gone', () => {
  const { queue, connect, to } = start();
  const { peer, pings } = connect();
  peer.backlogBytes = 1;
  queue.add(notification('a'));
  to(5000);
  assert.equal(pings.length, 0);
  peer.backlogBytes = 0;
  to(6100);
  assert.equal(pings.length, 1);
});

test('it rides to every connection it is for, and the first pong settles it for all', () => {
  const { queue, settled, connect, to } = start();
  const [one, two, phone] = [connect(), connect(), connect('phone')];
  queue.add(notification('all'));
  queue.add(notification('phone', { clientId: 'phone' }));
  to(TICK_MS);
  assert.deepEqual(
    [one.carried(), two.carried(), phone.carried()],
    [[['all']], [['all']], [['all', 'phone']]],
  );
  two.courier.acknowledged(1);
  one.courier.acknowledged(1);
  phone.courier.acknowledged(1);
  assert.deepEqual(
    settled.map(({ notificationId }) => notificationId),
    ['all', 'phone'],
  );
});

test('a ping stays below 15 KiB and carries the oldest; the rest follows once those are acknowledged', () => {
  const { queue, connect, to } = start();
  const { courier, pings } = connect();
  // The longest text, in the characters that JSON writes longest.
  const msg = '\u0001'.repeat(2048);
  const ids = Array.from({ length: 40 }, (_, at) => `n-${String(at).padStart(2, '0')}`);
  ids.forEach((id, at) => {
    queue.add(notification(id, { type: '\u0002'.repeat(64), msg: at < 3 ? msg : '🙂'.repeat(500) }));
  });
  const seen: string[] = [];
  for (let acknowledged = 0; seen.length < ids.length; acknowledged += 1) {
    to((acknowledged + 1) * 1100);
    const { items = [], seq = 0 } = pings[acknowledged] ?? {};
    assert.ok(items.length > 0);
    const frame = notificationFrame('heartbeat.ping', {
      seq: Number.MAX_SAFE_INTEGER,
      notifications: [...items],
    });
    assert.ok(Buffer.byteLength(frame) < 15 * 1024, `${Buffer.byteLength(frame)}`);
    seen.push(...items.map(({ id }) => id));
    courier.acknowledged(seq);
  }
  assert.deepEqual(seen, ids);
});

test('while they are switched off nothing is carried and nothing is lost', () => {
  const { queue, settings, connect, to } = start();
  const { peer, courier, carried } = connect();
  settings.proactive = false;
  queue.add(notification('a'));
  to(5000);
  peer.pingNow();
  courier.acknowledged(1);
  settings.proactive = true;
  peer.pingNow();
  assert.deepEqual(carried(), [[], ['a']]);
});

test('a scheduled one comes at its time, however far away', () => {
  const { queue, connect, to } = start();
  const { pings } = connect();
  const inAnHourMs = 3_600_000;
  queue.add(notification('later', { dueAtMs: START_MS + inAnHourMs }));
  queue.load([notification('sooner', { dueAtMs: START_MS + 5000 })]);
  to(inAnHourMs + 5000);
  assert.deepEqual(
    pings.map(({ atMs, items }) => [atMs, items.length]),
    [
      [5000 + TICK_MS, 1],
      [inAnHourMs + TICK_MS, 2],
    ],
  );
});

test('a wall clock that is set is noticed: forward within half a minute, backward by nothing coming early', () => {
  const ahead = start();
  const { pings } = ahead.connect();
  ahead.queue.add(notification('a', { dueAtMs: START_MS + 3_600_000 }));
  ahead.to(1000);
  ahead.setWallClock(3_600_000);
  ahead.to(31_000);
  assert.equal(pings.length, 1);

  const back = start();
  const other = back.connect();
  back.queue.add(notification('a', { dueAtMs: START_MS + 10_000 }));
  back.setWallClock(-60_000);
  back.to(69_900);
  assert.equal(other.pings.length, 0);
  back.to(100_200);
  assert.equal(other.pings.length, 1);
});

test('a schedule goes on from now when it is settled, each time under an id of its own', () => {
  const { queue, settled, connect, to } = start();
  const { courier, carried } = connect();
  queue.add(notification('a', { cron: 'minutely', dueAtMs: START_MS + MINUTE_MS }));
  queue.add(notification('last', { cron: 'never', dueAtMs: START_MS + MINUTE_MS }));
  // Five times pass with nobody answering: they are one.
  to(5 * MINUTE_MS + 1000);
  const first = `a:${START_MS + MINUTE_MS}`;
  assert.deepEqual(carried(), [[first, `last:${START_MS + MINUTE_MS}`]]);
  courier.acknowledged(1);
  assert.deepEqual(
    settled.map(({ nextDueAtMs }) => nextDueAtMs),
    [START_MS + 6 * MINUTE_MS, null],
  );
  to(7 * MINUTE_MS);
  assert.deepEqual(carried().at(-1), [`a:${START_MS + 6 * MINUTE_MS}`]);
});

test('what is cancelled does not come', () => {
  const { queue, wheel, connect, to } = start();
  const { peer, carried } = connect();
  queue.add(notification('later', { dueAtMs: START_MS + 500 }));
  queue.remove('later');
  assert.equal(wheel.pending, 0);
  queue.add(notification('now'));
  queue.remove('now');
  to(2000);
  peer.pingNow();
  assert.deepEqual(carried(), [[]]);
});

test('a connection that leaves settles nothing, and the last one leaves no timer', () => {
  const { queue, settled, wheel, connect, deserted, to } = start();
  const [one, two] = [connect(), connect()];
  queue.add(notification('later', { dueAtMs: START_MS + 5000 }));
  queue.add(notification('a'));
  to(TICK_MS);
  queue.add(notification('b'));
  one.courier.leave();
  one.courier.leave();
  one.courier.acknowledged(1);
  assert.deepEqual([settled, deserted()], [[], 0]);
  two.courier.leave();
  assert.deepEqual([deserted(), wheel.pending], [1, 0]);
  assert.deepEqual(one.courier.carry(2), []);
});
