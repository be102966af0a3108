import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FrameHandler, FrameScanner, maskedText, pingSeq, TEXT } from './frames.js';

/** A text frame as a server sends it. */
const serverText = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(0x81, length), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
};

class Recorder implements FrameHandler {
  readonly texts: string[] = [];

  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    assert.equal(opcode, TEXT);
    this.texts.push(bytes.toString('utf8', start, end));
  }
}

const ping = (params: string): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","method":"heartbeat.ping","params":${params}}`);

test('frames of every length are found, however the bytes are cut', () => {
  const lengths = fc.array(fc.constantFrom(0, 1, 125, 126, 4000, 65_535, 65_536), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(lengths, cuts, (sizes, pieces) => {
      const texts = sizes.map((size, at) => `${at}`.repeat(size).slice(0, size));
      const bytes = Buffer.concat(texts.map(serverText));
      const recorder = new Recorder();
      const scanner = new FrameScanner(recorder);
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = pieces[turn % pieces.length] ?? 1;
        // What the scanner was given is overwritten at once, as a shared read buffer is.
        const piece = Buffer.from(bytes.subarray(at, at + size));
        scanner.scan(piece);
        piece.fill(0xff);
        at += size;
      }
      assert.deepEqual(recorder.texts, texts);
    }),
    { numRuns: 50 },
  );
});

test('a frame that comes a byte at a time is found once, when it is complete', () => {
  const recorder = new Recorder();
  const scanner = new FrameScanner(recorder);
  const bytes = serverText('x'.repeat(200));
  for (const [at, byte] of bytes.entries()) {
    assert.equal(recorder.texts.length, 0, `after ${at} bytes`);
    scanner.scan(Buffer.of(byte));
  }
  assert.deepEqual(recorder.texts, ['x'.repeat(200)]);
});

test('a client’s frame says its length and unmasks to its text', () => {
  for (const length of [0, 5, 125, 126, 65_535, 65_536]) {
    const text = 'ü'.repeat(length / 2) + 'a'.repeat(length % 2);
    const frame = maskedText(text);
    assert.equal(frame[0], 0x81);
    const short = (frame[1] as number) & 0x7f;
    assert.equal((frame[1] as number) & 0x80, 0x80);
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (head === 4) assert.equal(frame.readUInt16BE(2), length);
    if (head === 10) assert.equal(frame.readBigUInt64BE(2), BigInt(length));
    const key = frame.subarray(head, head + 4);
    const payload = frame.subarray(head + 4).map((byte, at) => byte ^ (key[at % 4] as number));
    assert.equal(Buffer.from(payload).toString(), text);
  }
});

test('the seq of a ping is found by its digits, wherever it stands among the params', () => {
  for (const [params, seq] of [
    ['{"seq":7,"notifications":[]}', 7],
    ['{"notifications":[],"seq":90071992}', 90_071_992],
    ['{"seq":0,"notifications":[{"msg":"\\"seq\\":5"}]}', 0],
  ] as const) {
    const bytes = Buffer.concat([Buffer.from('before'), ping(params), Buffer.from('"seq":9')]);
    assert.equal(pingSeq(bytes, 6, bytes.length - 7), seq);
  }
});

test('what is no ping has no seq, also where a ping follows it', () => {
  const status = Buffer.from('{"jsonrpc":"2.0","result":{"seq":3},"id":"heartbeat.ping"}');
  assert.equal(pingSeq(status, 0, status.length), null);
  const empty = ping('{}');
  const followed = Buffer.concat([empty, ping('{"seq":4}')]);
  assert.equal(pingSeq(followed, 0, empty.length), null);
  assert.equal(pingSeq(Buffer.from('{}'), 0, 2), null);
});
