import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StreamCursor, type StreamFrame } from './stream-cursor.js';

const LETTERS = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' });
const CHUNKS = fc.array(LETTERS, { minLength: 1, maxLength: 20 });

/** How one connection comes about and ends. */
interface Connection {
  /** By the handshake, which does not say whether it goes on or begins again; or by `chat.resume`, which does. */
  readonly by: 'handshake' | 'call';
  /** Frames that are taken before it is cut. */
  readonly frames: number;
  /** Source chunks merged into each frame. */
  readonly span: number;
  /** Frames of an earlier cursor that come between `chat.resume` and its answer. */
  readonly strays: number;
  /** The log is no longer kept from here on: the whole text follows, in pieces of its own. */
  readonly isForgotten: boolean;
  /** The reader is slow: what comes meanwhile is passed over. */
  readonly pausedFrames: number;
}

const CONNECTION: fc.Arbitrary<Connection> = fc.record({
  by: fc.constantFrom('handshake', 'call'),
  frames: fc.nat({ max: 6 }),
  span: fc.integer({ min: 1, max: 4 }),
  strays: fc.nat({ max: 3 }),
  isForgotten: fc.boolean(),
  pausedFrames: fc.nat({ max: 2 }),
});

const framesFrom = (chunks: readonly string[], first: number, span: number): StreamFrame[] => {
  const frames: StreamFrame[] = [];
  for (let index = first; index < chunks.length; index += span) {
    const merged = chunks.slice(index, index + span);
    frames.push({
      chunk: merged.join(''),
      index,
      ...(merged.length === 1 ? {} : { span: merged.length }),
    });
  }
  return frames;
};

/** The text in pieces of another length, as the store gives it. */
const storedChunks = (text: string): string[] => text.match(/.{1,7}/gsu) ?? [];

/** Everything that a reader gets of a reply, over all of its connections; the last one is not cut. */
const readOver = (chunks: readonly string[], connections: readonly Connection[], stored: string): string => {
  const cursor = new StreamCursor();
  let text = '';
  let isForgotten = false;
  let isFirst = true;
  const take = (frame: StreamFrame): void => {
    const piece = cursor.take(frame);
    assert.notEqual(piece, null, `${JSON.stringify(frame)} behind ${cursor.afterIndex}`);
    text += piece;
  };
  for (const { by, frames, span, strays, pausedFrames, ...connection } of [
    ...connections,
    { ...LAST, isForgotten: false },
  ]) {
    isForgotten ||= connection.isForgotten;
    const source = isForgotten ? storedChunks(stored) : chunks;
    // The gateway keeps either the log of the run, or its text.
    const recovered = !isForgotten && cursor.afterIndex < source.length;
    const first = recovered ? cursor.afterIndex + 1 : 0;
    if (!isFirst && by === 'handshake' && cursor.state !== 'paused') cursor.rejoin();
    else if (!isFirst) {
      cursor.resuming();
      for (const frame of framesFrom(chunks, 0, span).slice(0, strays)) take(frame);
      cursor.resumed(recovered);
    }
    isFirst = false;
    const coming = framesFrom(source, first, span);
    for (const frame of coming.slice(0, frames)) take(frame);
    if (pausedFrames === 0 || frames >= coming.length) continue;
    cursor.pause();
    for (const frame of coming.slice(frames, frames + pausedFrames)) take(frame);
  }
  return text;
};

const LAST: Connection = {
  by: 'call',
  frames: Number.POSITIVE_INFINITY,
  span: 3,
  strays: 0,
  isForgotten: false,
  pausedFrames: 0,
};

test('wherever a reply is cut, merged, passed over or begun again, its text comes whole and once', () => {
  fc.assert(
    fc.property(CHUNKS, fc.array(CONNECTION, { maxLength: 8 }), (chunks, connections) => {
      const text = chunks.join('');
      assert.equal(readOver(chunks, connections, text), text);
    }),
    { numRuns: 2000 },
  );
});

test('where a crash has lost the end of a reply, what was read of it stays, and nothing comes twice', () => {
  fc.assert(
    fc.property(
      CHUNKS,
      fc.array(CONNECTION, { maxLength: 8 }),
      fc.nat({ max: 60 }),
      (chunks, before, keptUnits) => {
        const text = chunks.join('');
        // Never within a character.
        const stored = [...text].slice(0, keptUnits).join('');
        const read = readOver(chunks, [...before, { ...LAST, frames: 0, isForgotten: true }], stored);
        assert.ok(text.startsWith(read), `${read} of ${text}`);
        assert.ok(read.length >= stored.length, `${read} is shorter than ${stored}`);
      },
    ),
    { numRuns: 2000 },
  );
});

test('what does not follow is refused: a hole, a repetition, a beginning that nobody asked for', () => {
  const begun = (): StreamCursor => {
    const cursor = new StreamCursor();
    assert.equal(cursor.take({ chunk: 'one two ', index: 0, span: 2 }), 'one two ');
    return cursor;
  };
  for (const index of [0, 1, 3]) assert.equal(begun().take({ chunk: 'x', index }), null, `${index}`);
  const resumed = begun();
  resumed.rejoin();
  assert.equal(resumed.take({ chunk: 'x', index: 1 }), null);
  assert.equal(resumed.take({ chunk: 'three', index: 2 }), 'three');
  assert.equal(resumed.take({ chunk: 'one', index: 0 }), null, 'only the first frame may begin again');
});

test('it is fresh until the first frame', () => {
  const cursor = new StreamCursor();
  assert.deepEqual([cursor.fresh, cursor.afterIndex], [false, -1]);
  cursor.resuming();
  cursor.resumed(true);
  assert.equal(cursor.fresh, true);
  cursor.take({ chunk: 'one', index: 0 });
  assert.deepEqual([cursor.fresh, cursor.afterIndex], [false, 0]);
});
