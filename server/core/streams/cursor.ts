/**
 * A reader's place in a channel's log. One kind of cursor serves live delivery (everything from
 * now on) and resumption (one stream from behind an index).
 */
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { ChannelLog, Frame, LogEntry } from './log.js';
import type { Stream } from './stream.js';

/** Who reads: its scopes decide what it may see, its identity what it caused itself. */
export interface Reader {
  readonly scopeBits: number;
}

export class Cursor {
  readonly log: ChannelLog;
  readonly reader: Reader;
  /** The one stream a resumed cursor reads; null: everything in the channel. */
  readonly only: Stream | null;
  /** Position of the next entry to look at. */
  position: number;
  /** Streams that this cursor leaves to another one, or that ran before it came. */
  #skipped: Stream[] | null = null;
  /** For the {@link CursorQueue} of its reader alone. */
  queued = false;
  nextQueued: Cursor | null = null;
  next: Cursor | null = null;
  previous: Cursor | null = null;

  constructor(log: ChannelLog, reader: Reader, position: number, only: Stream | null) {
    this.log = log;
    this.reader = reader;
    this.position = position;
    this.only = only;
  }

  /** Is there anything at or behind the position (wanted or not)? */
  get behind(): boolean {
    return this.position < this.log.end;
  }

  /** The log no longer has what this cursor would have read next. */
  get lost(): boolean {
    return this.position < this.log.first;
  }

  /** There will be nothing more: a resumed stream, or a log that is closed, has been read to its end. */
  get finished(): boolean {
    if (this.log.closed && !this.behind) return true;
    return this.only !== null && this.only.endPosition !== -1 && this.position > this.only.endPosition;
  }

  skip(stream: Stream): void {
    // What this cursor has read to its end it will never meet again.
    const passed = stream.endPosition !== -1 && stream.endPosition < this.position;
    if (passed || this.skips(stream)) return;
    this.#skipped ??= [];
    this.#skipped.push(stream);
  }

  /** Does this cursor deliver what is said in `stream` from now on? Never to one who may not see chats. */
  follows(stream: Stream): boolean {
    if ((this.reader.scopeBits & SCOPE_BIT.chat) === 0) return false;
    return this.only === null ? !this.skips(stream) : this.only === stream;
  }

  skips(stream: Stream): boolean {
    return this.#skipped?.includes(stream) ?? false;
  }

  /** The next frame for this reader, or null where it has read all there is. Must not be called when `lost`. */
  nextFrame(): Frame | null {
    const { log } = this;
    while (this.position < log.end) {
      const entry = log.at(this.position);
      if (!this.#wants(entry)) {
        this.#pass(entry);
        continue;
      }
      if (entry.kind === 'frame') {
        this.#pass(entry);
        return entry.frame;
      }
      const frame = log.merge(entry, this.position);
      this.position = log.mergedNext;
      return frame;
    }
    return null;
  }

  #wants(entry: LogEntry): boolean {
    if (this.only !== null && entry.stream !== this.only) return false;
    if (entry.stream !== null && this.skips(entry.stream)) return false;
    if (entry.kind === 'chunks') return (this.reader.scopeBits & SCOPE_BIT.chat) !== 0;
    return (this.reader.scopeBits & entry.scopeBit) !== 0 && entry.except !== this.reader;
  }

  #pass(entry: LogEntry): void {
    const { stream } = entry;
    if (stream !== null && this.#skipped !== null && stream.endPosition === entry.position) {
      this.#skipped = this.#skipped.filter((other) => other !== stream);
      if (this.#skipped.length === 0) this.#skipped = null;
    }
    this.position = entry.end;
  }
}

/** Puts a cursor on its log's list. */
export const attachCursor = (cursor: Cursor): void => {
  const { log } = cursor;
  cursor.next = log.firstCursor;
  if (log.firstCursor !== null) log.firstCursor.previous = cursor;
  log.firstCursor = cursor;
};

/** Takes a cursor off its log's list. */
export const detachCursor = (cursor: Cursor): void => {
  if (cursor.previous !== null) cursor.previous.next = cursor.next;
  else if (cursor.log.firstCursor === cursor) cursor.log.firstCursor = cursor.next;
  if (cursor.next !== null) cursor.next.previous = cursor.previous;
  cursor.next = null;
  cursor.previous = null;
};

/** Is anyone reading, or going to read, what comes of `stream`? */
export const isFollowed = (log: ChannelLog, stream: Stream): boolean => {
  for (let cursor = log.firstCursor; cursor !== null; cursor = cursor.next) {
    if (cursor.follows(stream)) return true;
  }
  return false;
};

/** Does anyone but `reader` follow what comes of a log? */
export const hasOtherReader = (log: ChannelLog, reader: Reader): boolean => {
  for (let cursor = log.firstCursor; cursor !== null; cursor = cursor.next) {
    if (cursor.reader !== reader) return true;
  }
  return false;
};
