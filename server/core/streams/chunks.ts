/**
 * Source chunks of one reply that stand one directly behind another in its channel's log: their text as bytes outside
 * of the JavaScript heap. What is kept there for minutes costs the garbage collector nothing, which otherwise
 * copies every chunk twice before it knows that it stays, and stops the sockets for that.
 */
import type { Stream } from './stream.js';

const MAX_CHUNKS = 1024;
/** An offset is 16 bits. */
const OFFSET_BYTES = 2;
const MAX_BYTES = 0xffff;
/** Of text and offsets. */
const MIN_BUFFER_BYTES = 256;
const MAX_BUFFER_BYTES = MAX_BYTES + MAX_CHUNKS * OFFSET_BYTES;
/** A longer text is written by a call of the runtime, a shorter one sooner by hand. */
const MAX_WRITTEN_BY_HAND = 32;

export class Chunks {
  readonly kind = 'chunks';
  readonly stream: Stream;
  /** Position of the first in the log. */
  readonly position: number;
  /** Index of the first in its stream. */
  readonly firstIndex: number;
  count = 0;
  /** From its beginning on JSON string content without quotes, UTF-8; from its end downwards where each chunk's ends. */
  #buffer: Buffer;
  #bytes = 0;
  /** One byte is one character. */
  #isAscii = true;
  /** The newest again, as it came, and its UTF-8 length: most readers want nothing else. */
  newest = '';
  newestBytes = 0;

  /** @param bytes of the chunk that comes first; at most {@link MAX_BYTES} */
  constructor(stream: Stream, position: number, firstIndex: number, bytes: number) {
    this.stream = stream;
    this.position = position;
    this.firstIndex = firstIndex;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(MIN_BUFFER_BYTES, bytes + OFFSET_BYTES));
  }

  /** Position behind the last. */
  get end(): number {
    return this.position + this.count;
  }

  /** What keeping it costs in buffers: text and offsets, and the room behind them that it has taken in advance. */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  hasRoom(bytes: number): boolean {
    return this.count < MAX_CHUNKS && this.#bytes + bytes <= MAX_BYTES;
  }

  /**
   * Appends one chunk; there must be room for it.
   * @param json JSON string content without its quotes, whole characters
   * @param bytes its UTF-8 length
   */
  append(json: string, bytes: number): void {
    const start = this.#bytes;
    const end = start + bytes;
    const count = this.count + 1;
    this.#reserve(end + count * OFFSET_BYTES);
    const buffer = this.#buffer;
    if (bytes !== json.length) {
      this.#isAscii = false;
      buffer.write(json, start, 'utf8');
    } else if (bytes > MAX_WRITTEN_BY_HAND) buffer.write(json, start, 'latin1');
    else for (let at = 0; at < bytes; at += 1) buffer[start + at] = json.charCodeAt(at);
    const offsetAt = buffer.length - count * OFFSET_BYTES;
    buffer[offsetAt] = end >>> 8;
    buffer[offsetAt + 1] = end;
    this.#bytes = end;
    this.newest = json;
    this.newestBytes = bytes;
    this.count = count;
  }

  #reserve(bytes: number): void {
    const old = this.#buffer;
    if (bytes <= old.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(MAX_BUFFER_BYTES, Math.max(bytes, 2 * old.length)));
    old.copy(larger, 0, 0, this.#bytes);
    const offsetsBytes = this.count * OFFSET_BYTES;
    old.copy(larger, larger.length - offsetsBytes, old.length - offsetsBytes);
    this.#buffer = larger;
  }

  /** How many chunks from the `from`th on (0: the first) have at most `maxBytes` together. */
  fitting(from: number, maxBytes: number): number {
    const limit = this.#offset(from) + maxBytes;
    let to = from;
    while (to < this.count && this.#offset(to + 1) <= limit) to += 1;
    return to - from;
  }

  /** UTF-8 length of the JSON of `count` chunks from the `from`th on. */
  bytesOf(from: number, count: number): number {
    return this.#offset(from + count) - this.#offset(from);
  }

  /** The same as JSON string content. */
  jsonOf(from: number, count: number): string {
    if (count === 1 && from === this.count - 1) return this.newest;
    const encoding = this.#isAscii ? 'latin1' : 'utf8';
    return this.#buffer.toString(encoding, this.#offset(from), this.#offset(from + count));
  }

  /** Where a chunk's JSON begins, and that of the one before it ends. */
  #offset(chunk: number): number {
    if (chunk === 0) return 0;
    if (chunk === this.count) return this.#bytes;
    return this.#buffer.readUInt16BE(this.#buffer.length - chunk * OFFSET_BYTES);
  }
}
