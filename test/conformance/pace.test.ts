/** The library's pace beside the gateway's own limiter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../client/pace.js';
import { PASSES, RateLimiter } from '../../server/core/limits/rate-limiter.js';

test('who keeps to it is never refused by the gateway’s own limiter', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 200, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 240 })), { maxLength: 200 }),
      (perSecond, burst, pauses) => {
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
        let gatewayMs = nowMs;
        for (const [pauseMs, behindMs] of pauses) {
          nowMs += pauseMs % 7 === 0 ? 0 : pauseMs;
          nowMs += pace.waitMs(nowMs);
          pace.spend(nowMs);
          // Its clock may be behind, and never goes back.
          gatewayMs = Math.max(gatewayMs, nowMs - behindMs);
          assert.equal(limiter.take(gatewayMs, limits), PASSES);
        }
      },
    ),
  );
});
