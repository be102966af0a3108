import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chunks } from './chunks.js';
import { Stream } from './stream.js';

const jsonOf = (text: string): string => JSON.stringify(text).slice(1, -1);

const texts = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }) },
    { weight: 1, arbitrary: fc.string({ minLength: 200, maxLength: 900 }) },
  ),
  { minLength: 1, maxLength: 200 },
);

const fill = (pieces: readonly string[]): Chunks => {
  const chunks = new Chunks(new Stream('msg-1'), 7, 3, Buffer.byteLength(pieces[0] as string));
  for (const piece of pieces) chunks.append(piece, Buffer.byteLength(piece));
  return chunks;
};

test('any of them in a row are what was appended, and as long', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), (all, one, other) => {
      const pieces = all.map(jsonOf).filter((json) => json !== '');
      if (pieces.length === 0) return;
      const chunks = fill(pieces);
      assert.equal(chunks.end, 7 + pieces.length);
      const from = one % pieces.length;
      const count = 1 + (other % (pieces.length - from));
      const expected = pieces.slice(from, from + count).join('');
      assert.equal(chunks.jsonOf(from, count), expected);
      assert.equal(chunks.bytesOf(from, count), Buffer.byteLength(expected));
    }),
  );
});

test('as many fit as their lengths allow', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.integer({ min: 0, max: 3000 }), (all, one, maxBytes) => {
      const pieces = all.map(jsonOf).filter((json) => json !== '');
      if (pieces.length === 0) return;
      const from = one % pieces.length;
      let expected = 0;
      let bytes = 0;
      for (const piece of pieces.slice(from)) {
        bytes += Buffer.byteLength(piece);
        if (bytes > maxBytes) break;
        expected += 1;
      }
      assert.equal(fill(pieces).fitting(from, maxBytes), expected);
    }),
  );
});

test('it is full at 1 024 chunks and at 64 KiB', () => {
  const many = fill(Array.from({ length: 1023 }, () => 'a'));
  assert.ok(many.hasRoom(1));
  many.append('b', 1);
  assert.ok(!many.hasRoom(1));
  assert.equal(many.jsonOf(1022, 2), 'ab');
  const long = fill(['x'.repeat(40_000)]);
  assert.ok(long.hasRoom(25_535));
  assert.ok(!long.hasRoom(25_536));
  long.append('y'.repeat(25_535), 25_535);
  assert.equal(long.bytesOf(0, 2), 65_535);
});
