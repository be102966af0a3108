import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitEncoded } from './text.js';

/** Every character there is, those that need an escape more often than chance would have it. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('"', '\\', '\u0000', '\u2028', '😀'),
    ),
    { minLength: 1 },
  )
  .map((parts) => parts.join(''));

test('the pieces of any text fit, are whole characters, and together are the text', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 12, max: 200 }), (whole, maxBytes) => {
      const pieces = splitEncoded(whole, maxBytes);
      for (const { json, bytes } of pieces) {
        assert.equal(Buffer.byteLength(json), bytes);
        assert.ok(bytes > 0 && bytes <= maxBytes);
        assert.ok((JSON.parse(`"${json}"`) as string).isWellFormed());
      }
      assert.equal(JSON.parse(`"${pieces.map(({ json }) => json).join('')}"`), whole);
    }),
  );
});

test('a text that fits is one piece, at the very limit too', () => {
  const whole = '"é😀';
  const bytes = Buffer.byteLength(JSON.stringify(whole)) - 2;
  assert.equal(splitEncoded(`${whole}xxxx`, bytes + 4).length, 1);
  assert.ok(splitEncoded(`${whole}xxxxx`, bytes + 4).length > 1);
});
