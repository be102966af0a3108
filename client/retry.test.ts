import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLOSES, ERRORS, type Retry, retryAfterClose, retryAfterError } from '../schemas/codes.js';
import { RetryPlan } from './retry.js';

const BACK_OFF = { firstMs: 500, mostMs: 30_000 };
const plan = (random = 1): RetryPlan => new RetryPlan(BACK_OFF, () => random);

/** For each close of the protocol: the longest wait before the first attempt, null for none. */
const FIRST_WAITS: Readonly<Record<keyof typeof CLOSES, number | null>> = {
  normal: null,
  resumedElsewhere: null,
  serverShutdown: 500,
  protocolError: null,
  messageTooLarge: null,
  tryAgainLater: 500,
  authTimeout: 500,
  authFailed: null,
  tokenRevoked: null,
  heartbeatTimeout: 500,
  rateLimited: 500,
};

test('every close code of the protocol has its wait, or none', () => {
  for (const [name, { code, reason }] of Object.entries(CLOSES)) {
    const rule = retryAfterClose(code, reason);
    assert.equal(plan().nextDelayMs(rule), FIRST_WAITS[name as keyof typeof CLOSES], name);
  }
  assert.equal(plan().nextDelayMs(retryAfterClose(1006, '')), 500);
});

test('a refused token is not tried again, but where the gateway says when', () => {
  const rule = retryAfterError(ERRORS.authFailed.code);
  assert.equal(plan().nextDelayMs(rule), null);
  assert.equal(plan(0.5).nextDelayMs(rule, 7000), 7250);
  assert.equal(plan().nextDelayMs(retryAfterError(ERRORS.internalError.code)), 500);
});

test('the bound doubles up to the most, and the wait is anywhere below it', () => {
  const bounds = plan();
  const waits = Array.from({ length: 9 }, () => bounds.nextDelayMs('back-off'));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(plan(0).nextDelayMs('back-off'), 0);
  const rules: Retry[] = ['back-off', 'at-once', 'elsewhere', 'as-said', 'after-handshake', 'after-hint'];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...rules), fc.double({ min: 0, max: 1, noNaN: true })), {
        maxLength: 40,
      }),
      (attempts) => {
        let random = 0;
        const each = new RetryPlan(BACK_OFF, () => random);
        for (const [at, [rule, value]] of attempts.entries()) {
          random = value;
          const waitMs = each.nextDelayMs(rule) ?? assert.fail(rule);
          assert.ok(waitMs >= 0 && waitMs <= Math.min(30_000, 500 * 2 ** at), `${waitMs} at ${at}`);
        }
      },
    ),
  );
});

test('only a connection that lasted longer than the wait before it makes the next wait short again', () => {
  const flapping = plan();
  for (const bound of [500, 1000, 2000]) {
    flapping.lasted(bound - 1);
    assert.equal(flapping.nextDelayMs('back-off'), bound);
  }
  flapping.lasted(4000);
  assert.equal(flapping.nextDelayMs('back-off'), 500);
});
