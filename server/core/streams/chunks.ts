/**
 * Source chunks of one reply that stand one directly behind another in its channel's log: their text as bytes outside
 * of the JavaScript heap. What is kept there for minutes costs the garbage collector nothing, which otherwise
 * copies every chunk twice before it knows that it stays, and stops the sockets for that.
 */
import type { Stream } from './stream.js';

const MIN_CHUNKS = 32;
const MAX_CHUNKS = 1024;
/** An offset is 16 bits. */
const MAX_BYTES = 0xffff;
const MIN_BYTES = 256;
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
  /** JSON string content without quotes, UTF-8. */
  #json: Buffer;
  /** Where each chunk's ends. */
  #ends = new Uint16Array(MIN_CHUNKS);
  #bytes = 0;
  /** One byte is one character. */
  #isAscii = true;
  /** The newest again, as it came: most readers want nothing else. */
  #newest = '';

  /** @param bytes of the chunk that comes first; at most {@link MAX_BYTES} */
  constructor(stream: Stream, position: number, firstIndex: number, bytes: number) {
    this.stream = stream;
    this.position = position;
    this.firstIndex = firstIndex;
    this.#json = Buffer.allocUnsafeSlow(Math.max(MIN_BYTES, bytes));
  }

  /** Position behind the last. */
  get end(): number {
    return this.position + this.count;
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
    this.#reserve(end);
    if (bytes !== json.length) {
      this.#isAscii = false;
      this.#json.write(json, start, 'utf8');
    } else if (bytes > MAX_WRITTEN_BY_HAND) this.#json.write(json, start, 'latin1');
    else for (let at = 0; at < bytes; at += 1) this.#json[start + at] = json.charCodeAt(at);
    this.#ends[this.count] = end;
    this.#bytes = end;
    this.#newest = json;
    this.count += 1;
  }

  #reserve(bytes: number): void {
    if (bytes > this.#json.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, Math.max(bytes, 2 * this.#json.length)));
      this.#json.copy(larger, 0, 0, this.#bytes);
      this.#json = larger;
    }
    if (this.count === this.#ends.length) {
      const larger = new Uint16Array(Math.min(MAX_CHUNKS, 2 * this.count));
      larger.set(this.#ends);
      this.#ends = larger;
    }
  }

  /** How many chunks from the `from`th on (0: the first) have at most `maxBytes` together. */
  fitting(from: number, maxBytes: number): number {
    const limit = this.#offset(from) + maxBytes;
    let to = from;
    while (to < this.count && (this.#ends[to] as number) <= limit) to += 1;
    return to - from;
  }

  /** UTF-8 length of the JSON of `count` chunks from the `from`th on. */
  bytesOf(from: number, count: number): number {
    return this.#offset(from + count) - this.#offset(from);
  }

  /** The same as JSON string content. */
  jsonOf(from: number, count: number): string {
    if (count === 1 && from === this.count - 1) return this.#newest;
    return this.#json.toString(
      this.#isAscii ? 'latin1' : 'utf8',
      this.#offset(from),
      this.#offset(from + count),
    );
  }

  #offset(chunk: number): number {
    return chunk === 0 ? 0 : (this.#ends[chunk - 1] as number);
  }
}
