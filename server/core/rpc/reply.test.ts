import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrebuiltReply, resultReply } from './reply.js';

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** How many of the first shells are still the ones that are given out. */
const keptOf = (resultJson: string): number => {
  const reply = new PrebuiltReply(resultJson);
  const lengths = [1, 2, 3, 130];
  const first = lengths.map((length) => reply.shell(length));
  return lengths.filter((length, at) => reply.shell(length) === first[at]).length;
};

test('a small answer is kept for every length of an id, a large one for the last: no client makes the gateway keep more', () => {
  assert.equal(keptOf('{"pong":true}'), 4);
  assert.equal(keptOf(JSON.stringify('x'.repeat(5000))), 0);
});

test('an answer is right for ids of changing lengths, whatever its size', () => {
  for (const resultJson of ['{}', JSON.stringify('x'.repeat(5000))]) {
    const reply = new PrebuiltReply(resultJson);
    for (const idJson of ['1', '"abc"', '22', '"abd"', '3', '3']) {
      const whole = reply.withId(Buffer.from(`_${idJson}}`), 1, 1 + idJson.length);
      assert.equal(decode(whole.bytes), resultReply(idJson, resultJson));
      assert.equal(whole.buffer.byteLength, whole.bytes.length);
    }
  }
});
