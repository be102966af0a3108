import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChannelLog } from './log.js';
import { Stream } from './stream.js';

test('what was said from any chunk on is what the chunks were, whatever stood between them', () => {
  const parts = fc.array(fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constant(null)));
  fc.assert(
    fc.property(parts, fc.nat(), (all, one) => {
      const log = new ChannelLog('default', 15 * 1024);
      const stream = new Stream('msg-1');
      log.begin(stream);
      for (const part of all) {
        if (part === null) log.appendFrame('{}', 1, stream, null);
        else log.appendChunk(stream, part);
      }
      const said = all.filter((part) => part !== null);
      const from = one % (said.length + 1);
      assert.equal(stream.nextIndex, said.length);
      assert.equal(stream.textFrom(from), said.slice(from).join(''));
    }),
  );
});
