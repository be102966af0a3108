/**
 * What happens in one channel, in order: an append-only log of encoded entries (protocol
 * section 5). It knows no socket and no clock. Every text is encoded once, when it is appended;
 * all who follow share the encoded frames.
 *
 * A position is the number of an entry, and never changes, however much of the beginning has
 * been forgotten. Chunks of one reply without anything between them are kept together.
 */
import { Chunks } from './chunks.js';
import type { Cursor } from './cursor.js';
import type { Stream } from './stream.js';
import { isItsOwnJson, splitEncoded } from './text.js';

/** A WebSocket text frame, ready to send. */
export interface Frame {
  readonly text: string;
  /** UTF-8 length of `text`. */
  readonly bytes: number;
  /** Source chunks of a reply that are in it; 0 in what is no `chat.stream`. */
  readonly chunks: number;
}

/** Any notification but a chunk: a message, a skill's event, a completion. */
export interface FrameEntry {
  readonly kind: 'frame';
  readonly position: number;
  /** Position behind it. */
  readonly end: number;
  /** Null for what belongs to no reply. */
  readonly stream: Stream | null;
  readonly frame: Frame;
  /** Bit of the scope that a reader needs; see `sessions/scopes.ts`. */
  readonly scopeBit: number;
  /** The reader that caused it and is not told. */
  readonly except: object | null;
}

/** What a log is made of: positions from `position` to before `end`. */
export type LogEntry = Chunks | FrameEntry;

const FRAME_HEAD = '{"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":"';

/** What stands between a chunk and the rest, for the indexes of most replies; made as they come. */
const INDEX_JSON: string[] = [];
const MAX_INDEX_JSON = 4096;

const indexJson = (index: number): string => {
  if (index >= MAX_INDEX_JSON) return `","index":${index}`;
  while (INDEX_JSON.length <= index) INDEX_JSON.push(`","index":${INDEX_JSON.length}`);
  return INDEX_JSON[index] as string;
};

export class ChannelLog {
  readonly #channelJson: string;
  readonly #maxFrameBytes: number;
  readonly #maxTextBytes: number;
  /** Without gaps, in order. The first `#forgotten` of them are gone; the array is cut now and then. */
  #entries: (LogEntry | undefined)[] = [];
  #forgotten = 0;
  /** The last of them. */
  #newest: LogEntry | null = null;
  #first = 0;
  #end = 0;
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
   * @param maxFrameBytes largest `chat.stream` frame; 512 to 65 535
   */
  constructor(channelId: string, maxFrameBytes: number) {
    this.#channelJson = JSON.stringify(channelId);
    this.#maxFrameBytes = maxFrameBytes;
    // What surrounds the text: the envelope, two ids of at most 64 bytes, two numbers.
    this.#maxTextBytes = maxFrameBytes - 320;
  }

  /** Oldest position kept. */
  get first(): number {
    return this.#first;
  }

  /** Position that the next entry will get. */
  get end(): number {
    return this.#end;
  }

  /** What stands at a position between `first` and `end`. */
  at(position: number): LogEntry {
    // Who follows reads at the end.
    const newest = this.#newest as LogEntry;
    return newest.position <= position ? newest : (this.#entries[this.#indexAt(position)] as LogEntry);
  }

  #indexAt(position: number): number {
    let high = this.#entries.length - 1;
    let low = this.#forgotten;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as LogEntry).end <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** From here on the entries of `stream` follow. */
  begin(stream: Stream): void {
    stream.firstPosition = this.#end;
  }

  /**
   * Appends a piece of a reply: one source chunk, or several where it is too long for one frame.
   * @param text well-formed Unicode, not empty
   */
  appendChunk(stream: Stream, text: string): void {
    if (isItsOwnJson(text)) this.#appendPiece(stream, text, text.length);
    else {
      for (const { json, bytes } of splitEncoded(text, this.#maxTextBytes)) {
        this.#appendPiece(stream, json, bytes);
      }
    }
  }

  #appendPiece(stream: Stream, json: string, bytes: number): void {
    let chunks = this.#newest;
    if (chunks?.kind !== 'chunks' || chunks.stream !== stream || !chunks.hasRoom(bytes)) {
      chunks = new Chunks(stream, this.#end, stream.nextIndex, bytes);
      this.#append(chunks);
      stream.chunks.push(chunks);
    }
    chunks.append(json, bytes);
    stream.nextIndex += 1;
    stream.encodedBytes += bytes;
    this.#end += 1;
  }

  appendFrame(text: string, scopeBit: number, stream: Stream | null, except: object | null): void {
    const position = this.#end;
    this.#end += 1;
    const frame = { text, bytes: Buffer.byteLength(text), chunks: 0 };
    if (stream !== null) stream.frameBytes += frame.bytes;
    this.#append({ kind: 'frame', position, end: this.#end, stream, frame, scopeBit, except });
  }

  #append(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#newest = entry;
  }

  /** Ends a stream with its completion; nothing of it follows. */
  seal(stream: Stream, text: string, scopeBit: number): void {
    stream.endPosition = this.#end;
    this.appendFrame(text, scopeBit, stream, null);
  }

  /** Forgets what is before `position`. A cursor that had not read it is lost and can tell. */
  forgetBefore(position: number): void {
    if (position <= this.#first) return;
    this.#first = Math.min(position, this.#end);
    const entries = this.#entries;
    let forgotten = this.#forgotten;
    for (let entry = entries[forgotten]; entry !== undefined && entry.end <= this.#first; ) {
      entries[forgotten] = undefined;
      forgotten += 1;
      entry = entries[forgotten];
    }
    this.#forgotten = forgotten;
    if (forgotten === entries.length) this.#newest = null;
    if (forgotten * 2 >= entries.length) {
      entries.splice(0, forgotten);
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
    return afterIndex < 0 ? stream.firstPosition : stream.positionBehind(afterIndex);
  }

  /** Position behind what the last {@link merge} returned. */
  get mergedNext(): number {
    return this.#mergedNext;
  }

  /**
   * The chunk at `position` merged with those directly behind it, as one `chat.stream` frame of at
   * most the largest frame's size; they end before {@link mergedNext}.
   * @param head what stands {@link at} the position
   */
  merge(head: Chunks, position: number): Frame {
    if (this.#merged !== null && this.#mergedFrom === position && this.#mergedEnd === this.#end) {
      return this.#merged;
    }
    if (position === this.#end - 1) {
      // Who keeps up gets each chunk alone.
      this.#mergedNext = this.#end;
      const index = head.firstIndex + head.count - 1;
      return this.#keep(position, this.#encode(head.stream, index, head.newest, head.newestBytes, 1));
    }
    const from = position - head.position;
    let count = head.fitting(from, this.#maxTextBytes);
    let json = head.jsonOf(from, count);
    let bytes = head.bytesOf(from, count);
    let next = position + count;
    for (let chunks = head; next === chunks.end && next < this.#end; next += count) {
      const behind = this.at(next);
      if (behind.kind !== 'chunks' || behind.stream !== head.stream) break;
      count = behind.fitting(0, this.#maxTextBytes - bytes);
      json += behind.jsonOf(0, count);
      bytes += behind.bytesOf(0, count);
      chunks = behind;
    }
    this.#mergedNext = next;
    return this.#keep(
      position,
      this.#encode(head.stream, head.firstIndex + from, json, bytes, next - position),
    );
  }

  /** For the others who read on from the same position, where there are others. */
  #keep(position: number, frame: Frame): Frame {
    const isShared = this.firstCursor !== null && this.firstCursor.next !== null;
    this.#merged = isShared ? frame : null;
    this.#mergedFrom = position;
    this.#mergedEnd = this.#end;
    return frame;
  }

  #encode(stream: Stream, index: number, json: string, textBytes: number, span: number): Frame {
    if (stream.frameTail === '') {
      stream.frameTail = `,"channel":${this.#channelJson},"message_id":${JSON.stringify(stream.messageId)}`;
      stream.chunkTail = `${stream.frameTail}}}`;
    }
    const between = indexJson(index);
    const tail = span > 1 ? `${stream.frameTail},"span":${span}}}` : stream.chunkTail;
    const bytes = FRAME_HEAD.length + textBytes + between.length + tail.length;
    if (bytes > this.#maxFrameBytes) throw new RangeError(`a stream frame of ${bytes} bytes`);
    return { text: FRAME_HEAD + json + between + tail, bytes, chunks: span };
  }
}
