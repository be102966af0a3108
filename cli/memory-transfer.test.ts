import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLines } from './memory-transfer.js';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (bytes: Buffer, size: number) => {
  const lines = [];
  for await (const line of readLines(inChunks(bytes, size))) lines.push(line);
  return lines;
};

test('only a line feed ends a line, however the bytes arrive', async () => {
  const texts = ['{"a":"é\u2028\u2029🙂"}', '', 'b\r', '\t ', 'last'];
  const bytes = Buffer.from(texts.join('\n'));
  for (let size = 1; size <= bytes.length; size++) {
    assert.deepEqual(await read(bytes, size), [
      { number: 1, text: texts[0] },
      { number: 3, text: 'b\r' },
      { number: 5, text: 'last' },
    ]);
  }
  assert.deepEqual(await read(Buffer.from('a\n'), 1), [{ number: 1, text: 'a' }]);
  assert.deepEqual(await read(Buffer.alloc(0), 1), []);
});

test('bytes that are no UTF-8 are told by their line, and the others read', async () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from('b\n')]);
  assert.deepEqual(await read(bytes, 2), [
    { number: 1, text: 'a' },
    { number: 2, text: null },
    { number: 3, text: 'b' },
  ]);
});

test('any texts come back as they were', async () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((each) => !/\n/.test(each) && each.trim() !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 40 }), async (texts, size) => {
      const lines = await read(Buffer.from(texts.map((each) => `${each}\n`).join('')), size);
      assert.deepEqual(
        lines.map((line) => line.text),
        texts,
      );
    }),
  );
});
