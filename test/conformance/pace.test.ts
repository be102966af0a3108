/** The library's pace beside the gateway's own limiter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../client/pace.js';
import { PASSES, RateLimiter } from '../../server/core/limits/rate-limiter.js';

/** What happens to one message: how long its caller waited, it travelled, its answer took, and how far the gateway's clock is behind. */
const MESSAGE = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.nat({ max: 2000 })),
  transitMs: fc.oneof(fc.constant(0), fc.nat({ max: 1500 })),
  answerMs: fc.oneof(fc.constant(0), fc.nat({ max: 5000 })),
  behindMs: fc.nat({ max: 90 }),
});

test('who keeps to it is never refused by the gateway’s own limiter, whatever arrives late or together', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(MESSAGE, { maxLength: 150 }),
      (perSecond, burst, messages) => {
        const limits = {
          enabled: true,
          messagesPerSecond: perSecond,
          messagesPerMinute: 1e9,
          burstSize: burst,
          cooldownMs: 60_000,
        };
        let nowMs = 1000;
        const limiter = new RateLimiter(limits, nowMs);
        const pace = new Pace(perSecond, burst, nowMs);
        const answers: { readonly id: number; readonly atMs: number }[] = [];
        let [arrivedAtMs, gatewayMs, answeredAtMs] = [nowMs, nowMs, nowMs];
        /** Time passes, and answers come meanwhile. */
        const passTo = (atMs: number): void => {
          while (answers[0] !== undefined && answers[0].atMs <= atMs) {
            const { id, atMs: comesAtMs } = answers.shift() as (typeof answers)[number];
            pace.answered(id, comesAtMs);
          }
          nowMs = Math.max(nowMs, atMs);
        };
        for (const [id, { pauseMs, transitMs, answerMs, behindMs }] of messages.entries()) {
          passTo(nowMs + pauseMs);
          for (let waitMs = pace.waitMs(nowMs); waitMs > 0; waitMs = pace.waitMs(nowMs)) {
            passTo(Math.min(nowMs + waitMs, answers[0]?.atMs ?? Number.POSITIVE_INFINITY));
          }
          pace.sent(id, nowMs);
          arrivedAtMs = Math.max(arrivedAtMs, nowMs + transitMs);
          gatewayMs = Math.max(gatewayMs, arrivedAtMs - behindMs);
          assert.equal(limiter.take(gatewayMs, limits), PASSES, `message ${id}`);
          answeredAtMs = Math.max(answeredAtMs, arrivedAtMs + answerMs);
          answers.push({ id, atMs: answeredAtMs });
        }
      },
    ),
    { numRuns: 500 },
  );
});
