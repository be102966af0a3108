/** What do the guards cost: a deadline set, moved and fired among a million others; a message counted by the rate limit? */
import { Bench } from 'tinybench';
import { PASSES, RateLimiter } from '../../server/core/limits/rate-limiter.js';
import { Timer, TimerWheel } from '../../server/core/time/timer-wheel.js';
import { rateLimits } from './lib/peer.js';
import { report } from './lib/report.js';

const ENTRIES = 1_000_000;
const BATCH = 1000;
const TICK_MS = 100;
/** Deadlines like those of heartbeats: within half a minute. */
const SPAN_MS = 30_000;

let nowMs = 0;
const wheel = new TimerWheel(TICK_MS, nowMs);
/** Fires and is set again, as a heartbeat's is. */
const timers: Timer<number>[] = Array.from(
  { length: ENTRIES },
  (_, at) =>
    new Timer(at, (owner, firedMs) => wheel.schedule(timers[owner] as Timer<number>, firedMs + SPAN_MS)),
);
for (const [at, timer] of timers.entries()) wheel.schedule(timer, ((at * 0.618) % 1) * SPAN_MS);

const spare = Array.from({ length: BATCH }, () => new Timer(null, () => {}));
let messageMs = 0;
const limiter = new RateLimiter(rateLimits, 0);

const bench = new Bench({ time: 1000, warmupTime: 300 });
bench
  .add('wheel: schedule and cancel, among 1 000 000', () => {
    for (const timer of spare) wheel.schedule(timer, nowMs + SPAN_MS);
    for (const timer of spare) wheel.cancel(timer);
  })
  .add('wheel: a timer fires and is set again', () => {
    nowMs += TICK_MS;
    wheel.advance(nowMs);
  })
  .add('rate limit: a message that passes', () => {
    for (let i = 0; i < BATCH; i += 1) {
      messageMs += 0.1;
      if (limiter.take(messageMs, rateLimits) !== PASSES) throw new Error('refused');
    }
  });
await bench.run();
const firedPerTick = ENTRIES / (SPAN_MS / TICK_MS);
report('The guards', bench, (name) => (name.includes('fires') ? firedPerTick : BATCH));
