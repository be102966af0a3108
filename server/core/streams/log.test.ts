import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SCOPE_BIT } from '../sessions/scopes.js';
import { attachCursor, Cursor } from './cursor.js';
import { paramsOf } from './fake-reader.js';
import { ChannelLog, type Frame } from './log.js';
import { Stream } from './stream.js';

const MAX_FRAME_BYTES = 512;
const NOTE = '{"note":true}';

/** What may be appended between two chunks of a stream: nothing, a frame of the stream's own, or another's. */
const entries = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 300, maxLength: 600 }) },
    { weight: 1, arbitrary: fc.constant({ ofStream: true }) },
    { weight: 1, arbitrary: fc.constant({ ofStream: false }) },
  ),
  { maxLength: 40 },
);

const fill = (parts: readonly (string | { ofStream: boolean })[]) => {
  const log = new ChannelLog('default', MAX_FRAME_BYTES);
  log.appendFrame(NOTE, SCOPE_BIT.chat, null, null);
  const stream = new Stream('msg-1');
  log.begin(stream);
  for (const part of parts) {
    if (typeof part === 'string') log.appendChunk(stream, part);
    else log.appendFrame(NOTE, SCOPE_BIT.skills, part.ofStream ? stream : null, null);
  }
  log.seal(stream, NOTE, SCOPE_BIT.chat);
  return { log, stream, text: parts.filter((part) => typeof part === 'string').join('') };
};

const mergeAt = (log: ChannelLog, position: number): Frame => {
  const entry = log.at(position);
  assert.ok(entry.kind === 'chunks');
  return log.merge(entry, position);
};

/** The stream's frames from a position on, merged as far as they go. */
const readFrom = (log: ChannelLog, start: number): Frame[] => {
  const frames: Frame[] = [];
  for (let position = start; position < log.end; ) {
    const entry = log.at(position);
    if (entry.kind === 'frame') {
      position = entry.end;
      continue;
    }
    const frame = log.merge(entry, position);
    const next = log.mergedNext;
    assert.ok(next > position);
    frames.push(frame);
    position = next;
  }
  return frames;
};

const checkFrames = (frames: readonly Frame[], firstIndex: number): { text: string; nextIndex: number } => {
  let due = firstIndex;
  let text = '';
  for (const frame of frames) {
    assert.equal(frame.bytes, Buffer.byteLength(frame.text));
    assert.ok(frame.bytes <= MAX_FRAME_BYTES);
    const { chunk, index, span } = paramsOf(frame);
    assert.ok(chunk.isWellFormed());
    assert.equal(index, due);
    assert.ok(span === undefined || span > 1);
    due += span ?? 1;
    text += chunk;
  }
  return { text, nextIndex: due };
};

test('read from its beginning a stream is what was appended, in frames that fit', () => {
  fc.assert(
    fc.property(entries, (parts) => {
      const { log, stream, text } = fill(parts);
      const read = checkFrames(readFrom(log, stream.firstPosition), 0);
      assert.deepEqual(read, { text, nextIndex: stream.nextIndex });
    }),
  );
});

test('read from behind any index it is exactly the rest', () => {
  fc.assert(
    fc.property(entries, (parts) => {
      const { log, stream, text } = fill(parts);
      const chunks = readFrom(log, stream.firstPosition);
      checkFrames(chunks, 0);
      for (let after = -1; after < stream.nextIndex; after += 1) {
        const position = log.positionBehind(stream, after);
        const read = checkFrames(readFrom(log, position), after + 1);
        assert.ok(text.endsWith(read.text));
        assert.equal(read.nextIndex, stream.nextIndex);
      }
      assert.equal(log.positionBehind(stream, stream.nextIndex), -1);
    }),
    { numRuns: 50 },
  );
});

test('a stream that is still open is found too, and another one’s entries are not taken for it', () => {
  const log = new ChannelLog('default', MAX_FRAME_BYTES);
  const first = new Stream('msg-1');
  log.begin(first);
  for (const word of ['a', 'b', 'c']) log.appendChunk(first, word);
  log.seal(first, NOTE, SCOPE_BIT.chat);
  const second = new Stream('msg-2');
  log.begin(second);
  assert.equal(log.positionBehind(second, -1), 4);
  assert.equal(log.positionBehind(second, 0), -1);
  log.appendChunk(second, 'd');
  assert.equal(log.positionBehind(second, 0), 5);
  assert.equal(log.positionBehind(first, 2), 3);
  assert.equal(log.positionBehind(first, 3), -1);
});

test('a merged frame ends at a frame, at another stream and at the limit', () => {
  const { log, stream } = fill(['a', 'b', { ofStream: true }, 'c', 'x'.repeat(180), 'y'.repeat(180), 'z']);
  const spans = readFrom(log, stream.firstPosition).map((frame) => paramsOf(frame).span ?? 1);
  assert.deepEqual(spans, [2, 2, 2]);
});

test('readers at one position share one frame, until there is more to merge', () => {
  const { log, stream } = fill([]);
  const open = new Stream('msg-2');
  log.begin(open);
  log.appendChunk(open, 'a');
  for (let at = 0; at < 2; at += 1)
    attachCursor(new Cursor(log, { scopeBits: SCOPE_BIT.chat }, log.end, null));
  const shared = mergeAt(log, open.firstPosition);
  assert.equal(mergeAt(log, open.firstPosition), shared);
  log.appendChunk(open, 'b');
  const longer = mergeAt(log, open.firstPosition);
  assert.equal(paramsOf(longer).chunk, 'ab');
  assert.equal(paramsOf(shared).chunk, 'a');
  assert.ok(stream.endPosition < open.firstPosition);
});

test('positions outlive forgetting; what is forgotten is known to be', () => {
  fc.assert(
    fc.property(entries, fc.nat(60), (parts, count) => {
      const { log, stream, text } = fill(parts);
      const { end } = log;
      const last = stream.positionBehind(stream.nextIndex - 1) - 1;
      if (last >= 0) mergeAt(log, last);
      log.forgetBefore(count);
      log.forgetBefore(count - 3);
      assert.equal(log.end, end);
      assert.equal(log.first, Math.min(count, end));
      if (log.first > stream.firstPosition) {
        assert.equal(log.positionBehind(stream, -1), -1);
        assert.equal(log.positionBehind(stream, stream.nextIndex - 1), -1);
        return;
      }
      const read = checkFrames(readFrom(log, log.positionBehind(stream, -1)), 0);
      assert.equal(read.text, text);
    }),
  );
});

test('the longest ids leave room for the longest text within a frame', () => {
  const log = new ChannelLog('c'.repeat(64), MAX_FRAME_BYTES);
  const stream = new Stream('m'.repeat(64));
  log.begin(stream);
  // As if it had said this much already: no index will ever have more digits.
  stream.nextIndex = 2 ** 32 - 4;
  log.appendChunk(stream, 'x'.repeat(MAX_FRAME_BYTES - 320 - 1));
  log.appendChunk(stream, 'y');
  const frame = mergeAt(log, stream.firstPosition);
  assert.equal(paramsOf(frame).span, 2);
  assert.ok(frame.bytes <= MAX_FRAME_BYTES);
});
