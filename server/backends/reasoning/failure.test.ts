import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failureOf, ProviderFailure, redact, tooLate, withoutEchoes } from './failure.js';

const refusal = (status: number, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error('swordfish'), { status, headers: new Headers(headers) });

test('what a status means: who may try again, and what says that the provider is down', () => {
  const facts = (status: number): string => {
    const { transient, counts, refusesKey } = failureOf(refusal(status), 0);
    return [transient && 'again', counts && 'counts', refusesKey && 'key'].filter(Boolean).join(' ');
  };
  for (const [status, expected] of [
    [301, ''],
    [400, ''],
    [401, 'key'],
    [403, 'key'],
    [404, ''],
    [408, 'again'],
    [422, ''],
    [429, 'again'],
    [500, 'again counts'],
    [503, 'again counts'],
    [529, 'again counts'],
  ] as const) {
    assert.equal(facts(status), expected, String(status));
  }
});

test('for the metrics each failure is of one of a few kinds', () => {
  const kinds = [401, 403, 404, 429, 500].map((status) => failureOf(refusal(status), 0).outcome);
  assert.deepEqual(kinds, ['denied', 'denied', 'error', 'rate_limited', 'error']);
  const told = (error: object) => failureOf(Object.assign(new Error('x'), { error }), 0).outcome;
  assert.equal(told({ type: 'rate_limit_error' }), 'rate_limited');
  assert.equal(told({ type: 'authentication_error' }), 'denied');
  assert.equal(told({ type: 'overloaded_error' }), 'error');
  assert.equal(tooLate(1000, false).outcome, 'timeout');
});

test('Retry-After is read in both of its forms, and not believed beyond an hour', () => {
  const nowMs = Date.parse('2026-03-20T10:00:00Z');
  const after = (value: string) => failureOf(refusal(429, { 'retry-after': value }), nowMs).retryAfterMs;
  assert.deepEqual(
    ['7', '1.5', 'Fri, 20 Mar 2026 10:00:09 GMT', 'Fri, 20 Mar 2026 09:00:00 GMT', '99999', 'soon'].map(
      after,
    ),
    [7000, 1500, 9000, 0, 3_600_000, null],
  );
});

test('whatever is thrown is a failure whose clause repeats nothing of it', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string({ minLength: 8 }), (thrown, words) => {
      assert.ok(failureOf(thrown, 0) instanceof ProviderFailure);
      const error = new Error(`${words} swordfish`, { cause: thrown });
      assert.doesNotMatch(failureOf(error, 0).message, /swordfish/);
      assert.doesNotMatch(
        failureOf(Object.assign(error, { error: { message: words } }), 0).message,
        /swordfish/,
      );
    }),
  );
});

test('the provider’s words are logged as one short line, without the key and what looks like one', () => {
  assert.equal(redact('no such key: p@ss', 'p@ss'), 'no such key: [removed]');
  assert.equal(
    redact('Incorrect API key provided: sk-proj-abc***xyz.', null),
    'Incorrect API key provided: [removed]***xyz.',
  );
  assert.equal(redact('sent Bearer abc.def to it', null), 'sent [removed] to it');
  assert.equal(redact('a\r\nb\u2028c\u001b[31m', null), 'a b c [31m');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ minLength: 6 }), (text, key) => {
      const line = redact(`${text}${key}${text}`, key);
      assert.ok(!line.includes(key) || '[removed]…'.includes(key));
      assert.ok(line.length <= 201 && line.isWellFormed() && !/[\r\n]/.test(line));
    }),
  );
});

test('what a provider repeats of its request is taken out of its words', () => {
  const asked = { turns: [{ text: 'My Swordfish-7 is blau\\"grün' }], steps: [] };
  assert.equal(
    withoutEchoes('Invalid content: "swordfish-7 is blau": too bold for model m-large', asked),
    'Invalid content: "[…] is […]": too bold for model m-large',
  );
  assert.equal(withoutEchoes('cut off at: Swordf', asked), 'cut off at: […]');
  assert.ok(withoutEchoes('x'.repeat(100_000), asked).length <= 2000);
});
