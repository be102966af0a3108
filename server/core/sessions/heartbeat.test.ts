import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerWheel } from '../time/timer-wheel.js';
import { Heartbeat, type HeartbeatLimits } from './heartbeat.js';

const LIMITS: HeartbeatLimits = { intervalMs: 30_000, timeoutMs: 90_000, maxMissed: 3 };
const TICK_MS = 100;

/** A heartbeat with a clock that is stepped, and what became of its peer. */
const start = (limits: HeartbeatLimits = LIMITS, ordinal = 0) => {
  const wheel = new TimerWheel(TICK_MS, 0);
  const pings: { seq: number; atMs: number }[] = [];
  let nowMs = 0;
  const peer = {
    lostAtMs: null as number | null,
    missed: 0,
    lastDrainedMs: Number.NEGATIVE_INFINITY,
    sendPing: (seq: number) => pings.push({ seq, atMs: nowMs }),
    heartbeatMissed: () => {
      peer.missed += 1;
    },
    heartbeatLost: () => {
      peer.lostAtMs = nowMs;
    },
  };
  const heartbeat = new Heartbeat(peer, wheel, limits, ordinal, 0);
  const to = (untilMs: number, eachTick: () => void = () => {}): void => {
    while (nowMs < untilMs) {
      nowMs += TICK_MS;
      wheel.advance(nowMs);
      eachTick();
    }
  };
  return { heartbeat, peer, pings, to, wheel };
};

test('a client that answers is pinged every interval and never lost', () => {
  const { heartbeat, peer, pings, to } = start();
  to(600_000, () => heartbeat.answered(pings.length, 0.45));
  assert.equal(pings.length, 20);
  assert.deepEqual(
    pings.map(({ seq }) => seq),
    pings.map((_, at) => at + 1),
  );
  assert.equal(peer.lostAtMs, null);
  assert.equal(heartbeat.ok, true);
  assert.equal(heartbeat.clientLoad, 0.45);
  assert.equal(peer.missed, 0);
});

test('a client that never answers is lost after three pings and three intervals', () => {
  const { peer, pings, to, wheel } = start();
  to(200_000);
  assert.equal(peer.missed, 3);
  assert.equal(pings.length, 3);
  const waitedMs = (peer.lostAtMs ?? 0) - (pings[0]?.atMs ?? 0);
  assert.ok(waitedMs >= 90_000 && waitedMs <= 90_000 + TICK_MS, `${waitedMs}`);
  assert.equal(wheel.pending, 0, 'no timer is left for a connection that is gone');
});

test('the timeout closes on its own, between two pings', () => {
  const { peer, pings, to } = start({ intervalMs: 30_000, timeoutMs: 40_000, maxMissed: 100 });
  to(200_000);
  assert.equal((peer.lostAtMs ?? 0) - (pings[0]?.atMs ?? 0), 40_000);
});

test('the missed pings close on their own, before a longer timeout', () => {
  const { peer, pings, to } = start({ intervalMs: 5000, timeoutMs: 1e9, maxMissed: 2 });
  to(200_000);
  assert.equal(pings.length, 2);
  assert.equal((peer.lostAtMs ?? 0) - (pings[0]?.atMs ?? 0), 10_000);
});

test('a client that answers one ping late is alive', () => {
  const { heartbeat, peer, pings, to } = start();
  to(3_600_000, () => {
    if (pings.length > 1) heartbeat.answered(pings.length - 1, null);
  });
  assert.equal(peer.lostAtMs, null);
  assert.equal(heartbeat.ok, false, 'its last ping is still open');
});

test('pongs for pings that were never sent, or were answered, change nothing', () => {
  const { heartbeat, peer, pings, to } = start();
  to(31_000);
  assert.equal(heartbeat.answered(pings.length + 1, 1), 0);
  assert.equal(heartbeat.answered(0, 1), 0);
  assert.equal(heartbeat.clientLoad, null);
  assert.equal(heartbeat.answered(1, 0.5), 1);
  assert.equal(heartbeat.answered(1, 0.9), 0);
  to(200_000, () => heartbeat.answered(1, null));
  assert.notEqual(peer.lostAtMs, null, 'an answer given once does not count again');
});

test('whoever is draining bytes is alive', () => {
  const { peer, pings, to } = start();
  let drainedMs = 0;
  to(600_000, () => {
    drainedMs += TICK_MS;
    peer.lastDrainedMs = drainedMs;
  });
  assert.equal(peer.lostAtMs, null);
  assert.equal(pings.length, 20);
});

test('a drain in the same millisecond as the ping before it counts', () => {
  const wheel = new TimerWheel(TICK_MS, 0.25);
  let pings = 0;
  let nowMs = 0.25;
  const peer = {
    lost: false,
    lastDrainedMs: -1,
    sendPing: () => {
      pings += 1;
      // A quarter of a millisecond later the socket takes something; a session rounds it up.
      peer.lastDrainedMs = Math.ceil(nowMs + 0.25);
    },
    heartbeatMissed: () => {},
    heartbeatLost: () => {
      peer.lost = true;
    },
  };
  // With more to miss, it would be made good by the next drain.
  new Heartbeat(peer, wheel, { ...LIMITS, maxMissed: 1 }, 0, nowMs);
  while (nowMs < 600_000) {
    nowMs += TICK_MS;
    wheel.advance(nowMs);
  }
  assert.equal(peer.lost, false);
  assert.equal(pings, 20);
});

test('the first pings of many connections are spread over the interval', () => {
  const firsts = Array.from({ length: 300 }, (_, ordinal) => {
    const { pings, to } = start(LIMITS, ordinal);
    to(30_100);
    return pings[0]?.atMs ?? Number.NaN;
  });
  const perSecond = new Array<number>(31).fill(0);
  for (const atMs of firsts) {
    const second = Math.floor(atMs / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  assert.ok(Math.max(...perSecond) <= 13, `${perSecond}`);
});

test('whatever is answered and when, nobody who answers in time is lost and nobody silent stays', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 29_000 }), { minLength: 1, maxLength: 30 }),
      fc.nat(1000),
      (delays, ordinal) => {
        const { heartbeat, peer, pings, to } = start(LIMITS, ordinal);
        // Each ping is answered after its delay; once the delays run out, nothing is.
        let sentMs = 0;
        const totalMs = (delays.length + 1) * 30_000;
        to(totalMs, () => {
          sentMs += TICK_MS;
          for (const [at, delayMs] of delays.entries()) {
            const ping = pings[at];
            if (ping !== undefined && sentMs >= ping.atMs + delayMs) heartbeat.answered(ping.seq, null);
          }
        });
        assert.equal(peer.lostAtMs, null);
        to(totalMs + 200_000);
        assert.notEqual(peer.lostAtMs, null);
      },
    ),
    { numRuns: 50 },
  );
});
