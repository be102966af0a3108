import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './lines.js';

test('lines come out whole, however they arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\r'), maxLength: 12 })),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (lines, sizes) => {
        const splitter = new LineSplitter(64);
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const found: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? bytes.length;
          for (const line of splitter.push(bytes.subarray(at, at + size)) ?? assert.fail())
            found.push(String(line));
          at += size;
        }
        assert.deepEqual(found, lines);
      },
    ),
  );
});

test('a line over the limit ends it, whether its end is there or not', () => {
  assert.deepEqual(new LineSplitter(3).push(Buffer.from('abc\nde'))?.map(String), ['abc']);
  assert.equal(new LineSplitter(3).push(Buffer.from('abcd\n')), null);
  assert.equal(new LineSplitter(3).push(Buffer.from('abcd')), null);
  const slow = new LineSplitter(3);
  assert.deepEqual(slow.push(Buffer.from('ab')), []);
  assert.deepEqual(slow.push(Buffer.from('c')), []);
  assert.equal(slow.push(Buffer.from('d\n')), null);
});
