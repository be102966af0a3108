/** The same request under many ids, as frames made once: what is sent is a slice of them. */
import { maskedText } from '../../load/frames.js';

export class FrameRing {
  /** Every frame, twice over: so that no slice has to wrap. */
  readonly #bytes: Buffer;
  readonly #frameBytes: number;
  readonly #count: number;

  /** @param texts of requests, all equally long */
  constructor(texts: readonly string[]) {
    const frames = texts.map(maskedText);
    this.#frameBytes = frames[0]?.length ?? 0;
    this.#count = frames.length;
    if (frames.some(({ length }) => length !== this.#frameBytes)) {
      throw new Error('the frames of a ring are equally long');
    }
    this.#bytes = Buffer.concat([...frames, ...frames]);
  }

  /** `count` frames from the one at `from` on, at most as many as there are. */
  slice(from: number, count: number): Buffer {
    return this.#bytes.subarray(from * this.#frameBytes, (from + count) * this.#frameBytes);
  }

  /** Where the frame `count` behind `from` is. */
  next(from: number, count: number): number {
    return (from + count) % this.#count;
  }
}
