import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Cursor } from './cursor.js';
import { CursorQueue } from './cursor-queue.js';
import { ChannelLog } from './log.js';

const cursorsOf = (count: number): Cursor[] => {
  const log = new ChannelLog('ch_1', 1024);
  return Array.from({ length: count }, () => new Cursor(log, { scopeBits: 0 }, 0, null));
};

const COUNT = 6;
const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), at: fc.nat(COUNT - 1) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(COUNT - 1) }),
  fc.constant({ kind: 'take' as const, at: -1 }),
  fc.constant({ kind: 'clear' as const, at: -1 }),
);

test('a queue of cursors is what a list without doubles would be', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cursors = cursorsOf(COUNT);
      const queue = new CursorQueue();
      let model: number[] = [];
      for (const { kind, at } of steps) {
        if (kind === 'push') {
          queue.push(cursors[at] as Cursor);
          if (!model.includes(at)) model.push(at);
        } else if (kind === 'remove') {
          queue.remove(cursors[at] as Cursor);
          model = model.filter((other) => other !== at);
        } else if (kind === 'take') {
          const first = model.shift();
          assert.equal(queue.take(), first === undefined ? null : cursors[first]);
        } else {
          queue.clear();
          model = [];
        }
        assert.equal(queue.isEmpty, model.length === 0);
        for (const [index, cursor] of cursors.entries()) assert.equal(cursor.queued, model.includes(index));
      }
      const left: (Cursor | null)[] = [];
      while (!queue.isEmpty) left.push(queue.take());
      assert.deepEqual(
        left.map((cursor) => cursors.indexOf(cursor as Cursor)),
        model,
      );
    }),
  );
});
