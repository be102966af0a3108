import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { notificationFrame } from '../rpc/reply.js';
import { emptyPing } from './empty-ping.js';

test('it is to the byte what the serializer writes, in whatever order seqs come', () => {
  const seqs = fc.array(
    fc.oneof(
      fc.constantFrom(1, 9, 10, 99, 100, 999_999, 1_000_000, Number.MAX_SAFE_INTEGER),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(seqs, (some) => {
      for (const seq of some) {
        const frame = Buffer.from(emptyPing(seq)).toString();
        assert.equal(frame, notificationFrame('heartbeat.ping', { seq, notifications: [] }));
      }
    }),
  );
});
