import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_BYTES } from './link.js';
import { Spares } from './spares.js';

test('a buffer that was read goes back with the next batch, and is filled again', () => {
  const [one, other] = [new Spares(), new Spares()];
  const first = one.take();
  const got = other.unpack(one.pack(first));
  assert.equal(got, first);
  other.wasRead(got);
  const parcel = other.pack(other.take());
  assert.deepEqual(parcel.slice(1), [first]);
  one.unpack(parcel);
  assert.equal(one.take(), first);
  assert.notEqual(one.take(), first);
});

test('what is too large, or too much, is not kept', () => {
  const spares = new Spares();
  spares.wasRead(new ArrayBuffer(BATCH_BYTES + 1));
  assert.equal(spares.pack(new ArrayBuffer(0)).length, 1);
  for (let read = 0; read < 100; read += 1) spares.wasRead(new ArrayBuffer(BATCH_BYTES));
  const parcel = spares.pack(new ArrayBuffer(0));
  assert.equal(parcel.length, 1 + 16);
  const others = new Spares();
  others.unpack(parcel);
  others.unpack([new ArrayBuffer(0), new ArrayBuffer(BATCH_BYTES)]);
  const kept = new Set(parcel);
  for (let at = 0; at < 16; at += 1) assert.ok(kept.has(others.take()));
  assert.ok(!kept.has(others.take()));
});
