import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProviderFailure } from './failure.js';
import { eventByEvent } from './guarded-fetch.js';

async function* inParts(
  parts: readonly Uint8Array[],
  onNext: (at: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const [at, part] of parts.entries()) {
    onNext(at);
    yield part;
  }
}

test('however a stream is cut into pieces, each event is passed on whole, and with the piece that ends it', async () => {
  const event = fc
    .tuple(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('\n\n', '\r\n\r\n'))
    .map(([text, end]) => `data: ${JSON.stringify(text)}${end}`);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1 }), fc.array(fc.nat(200)), async (events, cuts) => {
      const whole = Buffer.from(events.join(''));
      const places = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].sort(
        (a, b) => a - b,
      );
      const parts = places.slice(1).map((to, at) => whole.subarray(places[at], to));
      let given = 0;
      let passed = Buffer.alloc(0);
      const pieces = eventByEvent(
        inParts(parts, (at) => {
          // Before the next piece is asked for, every event that was there is out.
          given = places[at] ?? 0;
          const ends = [
            ...whole
              .subarray(0, given)
              .toString('latin1')
              .matchAll(/\n\r?\n/g),
          ];
          const due = ends.length === 0 ? 0 : (ends.at(-1)?.index ?? 0) + (ends.at(-1)?.[0].length ?? 0);
          assert.equal(passed.length, due);
        }),
      );
      for await (const piece of pieces) passed = Buffer.concat([passed, piece]);
      assert.ok(passed.equals(whole));
    }),
  );
});

test('what does not end is not kept, and what was cut is passed on as it is', async () => {
  const cut = [];
  for await (const piece of eventByEvent(inParts([Buffer.from('data: 1\n\ndata: 2')], () => {})))
    cut.push(String(piece));
  assert.deepEqual(cut, ['data: 1\n\n', 'data: 2']);
  const endless = Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024, 'x'));
  const passed: Uint8Array[] = [];
  await assert.rejects(async () => {
    for await (const piece of eventByEvent(inParts(endless, () => {}))) passed.push(piece);
  }, ProviderFailure);
  assert.deepEqual(passed, []);
});
