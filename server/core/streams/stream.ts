/** One reply within a channel's log: its chunks, its skill events and the entry that ends it. */
import type { Chunks } from './chunks.js';

export class Stream {
  readonly messageId: string;
  /** Position of its first entry; what is before belongs to others. */
  firstPosition = -1;
  /** Position of the entry that ends it; −1 while it is open. */
  endPosition = -1;
  /** Source chunks so far: the index of the next one. */
  nextIndex = 0;
  /** Its chunks, in their order. Only its log appends. */
  readonly chunks: Chunks[] = [];
  /** Encoded text so far, in bytes. */
  encodedBytes = 0;
  /** The same of everything that is no text: its skills’ events, and its end. */
  frameBytes = 0;
  /** What stands behind the index in each of its frames, without and with the end of one of a single chunk; made with the first. */
  frameTail = '';
  chunkTail = '';

  constructor(messageId: string) {
    this.messageId = messageId;
  }

  get begun(): boolean {
    return this.firstPosition !== -1;
  }

  /** What was said from source chunk `fromIndex` on. */
  textFrom(fromIndex: number): string {
    let json = '';
    for (const chunks of this.chunks) {
      const from = Math.max(0, fromIndex - chunks.firstIndex);
      if (from < chunks.count) json += chunks.jsonOf(from, chunks.count - from);
    }
    return JSON.parse(`"${json}"`) as string;
  }

  /** Position behind source chunk `index`; −1 where there is no such chunk. */
  positionBehind(index: number): number {
    const chunks = this.chunks.findLast(({ firstIndex }) => firstIndex <= index);
    if (chunks === undefined || index >= this.nextIndex) return -1;
    return chunks.position + index - chunks.firstIndex + 1;
  }
}
