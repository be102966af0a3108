import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BATCH_BYTES,
  BatchReader,
  BatchWriter,
  batchBytes,
  endingIn,
  goneValue,
  type Kind,
  lingersIn,
  TO_CORE,
  TO_SOCKETS,
} from './link.js';

interface Told {
  readonly kind: Kind;
  readonly connection: number;
  readonly value: number;
  readonly text: string;
}

const read = (batches: readonly ArrayBuffer[]): Told[] =>
  batches.flatMap((batch) => {
    const told: Told[] = [];
    for (const reader = new BatchReader(batch); reader.next(); ) {
      const { kind, connection, value, bytes } = reader;
      const isText = kind === TO_CORE.text || kind === TO_SOCKETS.frame;
      if (isText) assert.equal(bytes.byteOffset % 8, 0);
      told.push({ kind, connection, value, text: isText ? Buffer.from(bytes).toString() : '' });
    }
    return told;
  });

const writer = () => {
  const batches: ArrayBuffer[] = [];
  return {
    batches,
    writer: new BatchWriter((batch, usedBytes) => {
      assert.equal(batchBytes(batch), usedBytes);
      batches.push(batch);
    }),
  };
};

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
/** From nothing to far more than a batch; of one, two, three and four bytes of UTF-8. */
const text = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(0, 1, 10, 500, 5000))
  .map(([unit, times]) => unit.repeat(times));
const record = fc.oneof(
  fc.record({ what: fc.constant('put' as const), connection: u32, value: u32 }),
  fc.record({ what: fc.constantFrom('text' as const, 'bytes' as const), connection: u32, text }),
  fc.record({ what: fc.constant('flush' as const) }),
);

test('whatever is written is read, in order, across batches of any number', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 60 }), (records) => {
      const link = writer();
      const expected: Told[] = [];
      for (const one of records) {
        if (one.what === 'flush') link.writer.flush();
        else if (one.what === 'put') {
          const { connection, value } = one;
          link.writer.put(TO_CORE.drained, connection, value);
          expected.push({ kind: TO_CORE.drained, connection, value, text: '' });
        } else {
          const { connection } = one;
          const data = one.what === 'text' ? one.text : Buffer.from(one.text);
          const bytes = link.writer.putData(TO_CORE.text, connection, data);
          assert.equal(bytes, Buffer.byteLength(one.text));
          expected.push({ kind: TO_CORE.text, connection, value: bytes, text: one.text });
        }
      }
      link.writer.flush();
      assert.deepEqual(read(link.batches), expected);
      for (const batch of link.batches) {
        assert.ok(
          batch.byteLength === BATCH_BYTES || read([batch]).length === 1,
          'only one record alone is larger',
        );
      }
    }),
    { numRuns: 300 },
  );
});

/** Who gets what, as the reading side understands it. */
const deliveries = (batches: readonly ArrayBuffer[]): [connection: number, text: string][] =>
  batches.flatMap((batch) => {
    let frame = 'no frame in this batch';
    const delivered: [number, string][] = [];
    for (const { kind, connection, text: bytes } of read([batch])) {
      if (kind === TO_SOCKETS.frame) frame = bytes;
      if (kind === TO_SOCKETS.to) delivered.push([connection, frame]);
    }
    return delivered;
  });

test('each connection gets its frames, whoever else gets the same', () => {
  const frame = fc.constantFrom('a', 'b'.repeat(15_000), 'c'.repeat(70_000), 'é');
  fc.assert(
    fc.property(fc.array(fc.tuple(u32, frame, fc.boolean()), { maxLength: 60 }), (sent) => {
      const link = writer();
      for (const [connection, one, asBytes] of sent) {
        assert.equal(link.writer.send(connection, asBytes ? Buffer.from(one) : one), Buffer.byteLength(one));
      }
      link.writer.flush();
      assert.deepEqual(
        deliveries(link.batches),
        sent.map(([connection, one]) => [connection, one]),
      );
    }),
    { numRuns: 300 },
  );
});

test('one text for many travels once a batch, bytes that may have changed every time', () => {
  const link = writer();
  for (let connection = 0; connection < 1000; connection += 1) link.writer.send(connection, 'for all');
  link.writer.flush();
  const kinds = read(link.batches).map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === TO_SOCKETS.frame).length, link.batches.length);
  assert.equal(link.batches.length, 1);

  const large = 'x'.repeat(1024 * 1024);
  for (let connection = 0; connection < 1000; connection += 1) link.writer.send(connection, large);
  link.writer.flush();
  const [, ...ofLarge] = link.batches;
  assert.equal(ofLarge.length, 1, 'a large one, too');
  assert.equal(deliveries(ofLarge).length, 1000);

  const bytes = Buffer.from('ping 1');
  link.writer.send(1, bytes);
  bytes.write('ping 2');
  link.writer.send(2, bytes);
  link.writer.flush();
  assert.deepEqual(deliveries(link.batches.slice(2)), [
    [1, 'ping 1'],
    [2, 'ping 2'],
  ]);
});

test('what is no batch is told from one', () => {
  assert.throws(() => new BatchReader(new ArrayBuffer(2)), RangeError);
  const tooShort = new ArrayBuffer(16);
  new DataView(tooShort).setUint32(0, 16, true);
  assert.throws(() => read([tooShort]), /^RangeError: a record in 8 bytes$/);
  const tooLong = new ArrayBuffer(8);
  new DataView(tooLong).setUint32(0, 9, true);
  assert.throws(() => new BatchReader(tooLong), /^RangeError: a batch of 9 bytes in 8$/);
  const link = writer();
  link.writer.putData(TO_CORE.text, 1, 'text');
  link.writer.flush();
  const [batch] = link.batches;
  assert.ok(batch !== undefined);
  new DataView(batch).setUint32(16, 100, true);
  assert.throws(() => read([batch]), /^RangeError: a record of 100 bytes in 8$/);
});

test('how a connection ended is told, by the gateway’s name or the client’s code', () => {
  for (const ending of ['rateLimited', 'tryAgainLater', 1000, 1006, 4999, null] as const) {
    for (const lingers of [true, false]) {
      const value = goneValue(ending, lingers);
      assert.deepEqual([endingIn(value), lingersIn(value)], [ending, lingers]);
    }
  }
  assert.equal(endingIn(goneValue(0, true)), null);
});
