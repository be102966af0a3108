/**
 * What happens in one channel, in order: an append-only log of encoded entries (protocol
 * section 5). It knows no socket and no clock. Every text is encoded once, when it is appended;
 * all who follow share the encoded frames.
 *
 * A position is an index into the log that never changes, however much of its beginning has
 * been forgotten.
 */
import type { Cursor } from './cursor.js';
import { splitEncoded } from './text.js';

/** A WebSocket text frame, ready to send. */
export interface Frame {
  readonly text: string;
  /** UTF-8 length of `text`. */
  readonly bytes: number;
  /** Source chunks of a reply that are in it; 0 in what is no `chat.stream`. */
  readonly chunks: number;
}

/** One reply within the log: its chunks, its skill events and the entry that ends it. */
export class Stream {
  readonly messageId: string;
  /** Position of its first entry; what is before belongs to others. */
  firstPosition = -1;
  /** Position of the entry that ends it; −1 while it is open. */
  endPosition = -1;
  /** Position of each source chunk, by its index. */
  readonly positions: number[] = [];
  /** Encoded text so far, in bytes: what keeping it costs. */
  encodedBytes = 0;
  /** What stands behind the index in each of its frames; made with the first. */
  frameTail = '';
  /** The same of everything that is no text: its skills’ events, and its end. */
  frameBytes = 0;

  constructor(messageId: string) {
    this.messageId = messageId;
  }

  /** Source chunks so far: the index of the next one. */
  get nextIndex(): number {
    return this.positions.length;
  }

  get begun(): boolean {
    return this.firstPosition !== -1;
  }
}

/** A piece of a reply, kept encoded so that neighbours merge by concatenation. */
export interface ChunkEntry {
  readonly kind: 'chunk';
  readonly stream: Stream;
  readonly index: number;
  /** JSON string content without its quotes. */
  readonly json: string;
  readonly bytes: number;
}

/** Any other notification: a message, a skill's event, a completion. */
export interface FrameEntry {
  readonly kind: 'frame';
  /** Null for what belongs to no reply. */
  readonly stream: Stream | null;
  readonly frame: Frame;
  /** Bit of the scope that a reader needs; see `sessions/scopes.ts`. */
  readonly scopeBit: number;
  /** The reader that caused it and is not told. */
  readonly except: object | null;
}

export type LogEntry = ChunkEntry | FrameEntry;

const FRAME_HEAD = '{"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":"';

export class ChannelLog {
  readonly #channelJson: string;
  readonly #maxFrameBytes: number;
  readonly #maxTextBytes: number;
  /** The first `#forgotten` of them are gone; the array is cut now and then. */
  #entries: (LogEntry | undefined)[] = [];
  #forgotten = 0;
  #first = 0;
  /** The cursors on this log, linked through them. */
  firstCursor: Cursor | null = null;
  /** Nothing will be appended any more: a cursor that has read all is finished. */
  closed = false;
  /** Set while the log waits for the next flush. */
  dirty = false;

  /** The last merged frame: followers at the same position share it. */
  #mergedFrom = -1;
  #mergedEnd = -1;
  #mergedNext = -1;
  #merged: Frame | null = null;

  /**
   * @param channelId an id of the protocol's alphabet, at most 64 bytes
   * @param maxFrameBytes largest `chat.stream` frame; at least 512
   */
  constructor(channelId: string, maxFrameBytes: number) {
    this.#channelJson = JSON.stringify(channelId);
    this.#maxFrameBytes = maxFrameBytes;
    // What surrounds the text: the envelope, two ids of at most 64 bytes, two numbers.
    this.#maxTextBytes = maxFrameBytes - 320;
  }

  /** Position of the oldest entry kept. */
  get first(): number {
    return this.#first;
  }

  /** Position that the next entry will get. */
  get end(): number {
    return this.#first + this.#entries.length - this.#forgotten;
  }

  /** The entry at a position between `first` and `end`. */
  at(position: number): LogEntry {
    return this.#entries[position - this.#first + this.#forgotten] as LogEntry;
  }

  /** From here on the entries of `stream` follow. */
  begin(stream: Stream): void {
    stream.firstPosition = this.end;
  }

  /**
   * Appends a piece of a reply: one source chunk, or several where it is too long for one frame.
   * @param text well-formed Unicode, not empty
   */
  appendChunk(stream: Stream, text: string): void {
    for (const piece of splitEncoded(text, this.#maxTextBytes)) {
      const position = this.end;
      this.#entries.push({
        kind: 'chunk',
        stream,
        index: stream.nextIndex,
        json: piece.json,
        bytes: piece.bytes,
      });
      stream.positions.push(position);
      stream.encodedBytes += piece.bytes;
    }
  }

  appendFrame(text: string, scopeBit: number, stream: Stream | null, except: object | null): void {
    const frame = { text, bytes: Buffer.byteLength(text), chunks: 0 };
    if (stream !== null) stream.frameBytes += frame.bytes;
    this.#entries.push({ kind: 'frame', stream, frame, scopeBit, except });
  }

  /** Ends a stream with its completion; nothing of it follows. */
  seal(stream: Stream, text: string, scopeBit: number): void {
    stream.endPosition = this.end;
    this.appendFrame(text, scopeBit, stream, null);
  }

  /** Forgets the entries before `position`. A cursor that had not read them is lost and can tell. */
  forgetBefore(position: number): void {
    const count = Math.min(position, this.end) - this.#first;
    if (count <= 0) return;
    this.#entries.fill(undefined, this.#forgotten, this.#forgotten + count);
    this.#forgotten += count;
    this.#first += count;
    if (this.#forgotten * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#forgotten);
      this.#forgotten = 0;
    }
    this.#merged = null;
    this.#mergedFrom = -1;
  }

  /**
   * Where a reader goes on that holds everything of a stream up to source chunk `afterIndex`
   * (−1: nothing). −1 where there is no such chunk, or where it is no longer kept.
   */
  positionBehind(stream: Stream, afterIndex: number): number {
    if (stream.firstPosition < this.#first) return -1;
    if (afterIndex < 0) return stream.firstPosition;
    const position = stream.positions[afterIndex];
    return position === undefined ? -1 : position + 1;
  }

  /**
   * The chunk at `position` merged with those directly behind it, as one `chat.stream` frame of at
   * most the largest frame's size.
   */
  merge(position: number): { readonly frame: Frame; readonly next: number } {
    if (this.#merged !== null && this.#mergedFrom === position && this.#mergedEnd === this.end) {
      return { frame: this.#merged, next: this.#mergedNext };
    }
    const head = this.at(position) as ChunkEntry;
    let json = head.json;
    let bytes = head.bytes;
    let next = position + 1;
    for (; next < this.end; next += 1) {
      const entry = this.at(next);
      if (entry.kind !== 'chunk' || entry.stream !== head.stream) break;
      if (bytes + entry.bytes > this.#maxTextBytes) break;
      json += entry.json;
      bytes += entry.bytes;
    }
    const frame = this.#encode(head, json, bytes, next - position);
    this.#merged = frame;
    this.#mergedFrom = position;
    this.#mergedEnd = this.end;
    this.#mergedNext = next;
    return { frame, next };
  }

  #encode(head: ChunkEntry, json: string, textBytes: number, span: number): Frame {
    const { stream } = head;
    if (stream.frameTail === '') {
      stream.frameTail = `,"channel":${this.#channelJson},"message_id":${JSON.stringify(stream.messageId)}`;
    }
    const end = span > 1 ? `,"span":${span}}}` : '}}';
    const after = `","index":${head.index}${stream.frameTail}${end}`;
    const bytes = FRAME_HEAD.length + textBytes + after.length;
    if (bytes > this.#maxFrameBytes) throw new RangeError(`a stream frame of ${bytes} bytes`);
    return { text: FRAME_HEAD + json + after, bytes, chunks: span };
  }
}
