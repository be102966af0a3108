import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contextIn, parseTraceparent } from './traceparent.js';

/** The recommendation's own example (section 3.2.4). */
const EXAMPLE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((all) => all.join(''));
const id = (digits: number): fc.Arbitrary<string> => hex(digits).filter((text) => /[^0]/.test(text));

test('the recommendation’s examples', () => {
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  assert.deepEqual(parseTraceparent(EXAMPLE), { traceId, spanId, sampled: true });
  assert.deepEqual(parseTraceparent(`${EXAMPLE.slice(0, -2)}00`), { traceId, spanId, sampled: false });
});

test('whatever is well-formed is read as it stands, and only the lowest flag decides', () => {
  fc.assert(
    fc.property(id(32), id(16), fc.integer({ min: 0, max: 255 }), (traceId, spanId, flags) => {
      const text = `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
      assert.deepEqual(parseTraceparent(text), { traceId, spanId, sampled: flags % 2 === 1 });
    }),
  );
});

test('one character that is another, is missing or is one too many makes it nothing', () => {
  const lowerHex = /^[0-9a-f]$/;
  fc.assert(
    fc.property(
      fc.nat(EXAMPLE.length - 1),
      fc.string({ unit: 'binary', minLength: 0, maxLength: 2 }),
      (at, put) => {
        const isSame = put === EXAMPLE[at];
        // Another digit in its place is another id.
        const isOtherDigit = lowerHex.test(put) && lowerHex.test(EXAMPLE[at] ?? '') && at >= 3;
        fc.pre(!isSame && !isOtherDigit);
        assert.equal(parseTraceparent(EXAMPLE.slice(0, at) + put + EXAMPLE.slice(at + 1)), null);
      },
    ),
  );
});

test('nothing else is one, and nothing is thrown', () => {
  const zeros = [
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
  ];
  for (const text of [
    ...zeros,
    EXAMPLE.toUpperCase(),
    `01${EXAMPLE.slice(2)}`,
    `ff${EXAMPLE.slice(2)}`,
    `${EXAMPLE}-x`,
    `${EXAMPLE}\n`,
    ` ${EXAMPLE}`,
  ]) {
    assert.equal(parseTraceparent(text), null, text);
  }
  fc.assert(fc.property(fc.anything(), (value) => assert.equal(parseTraceparent(value), null)));
  fc.assert(fc.property(fc.object(), (params) => assert.equal(contextIn(params), null)));
});

test('a request’s metadata may have one among other things', () => {
  assert.equal(contextIn({}), null);
  assert.equal(contextIn({ metadata: null }), null);
  assert.equal(contextIn({ metadata: { traceparent: [EXAMPLE] } }), null);
  assert.equal(
    contextIn({ metadata: { note: 'x', traceparent: EXAMPLE } })?.traceId,
    '4bf92f3577b34da6a3ce929d0e0e4736',
  );
});
