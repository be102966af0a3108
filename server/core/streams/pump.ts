/**
 * Delivery: brings what was appended to logs to those who follow, once a turn of the loop. A
 * reader with bytes unsent gets nothing more until it has drained; then what it missed, merged.
 * A slow reader therefore costs its cursors and never a queue.
 */
import { type Cursor, detachCursor, type Reader } from './cursor.js';
import type { CursorQueue } from './cursor-queue.js';
import type { ChannelLog, Frame } from './log.js';

/** Someone with a socket who holds cursors. */
export interface StreamReader extends Reader {
  /** Cursors that have entries to look at, in turn. */
  readonly behind: CursorQueue;
  /** Set while the reader waits for the next flush. */
  ready: boolean;
  /** Closed, or about to send something that must come first. */
  readonly held: boolean;
  /** Its socket has sent all that it was handed, or so nearly that it may have more. */
  readonly hasRoom: boolean;
  sendFrame(frame: Frame): void;
  /** A cursor has delivered all there will ever be; it is off its log already. */
  cursorFinished(cursor: Cursor): void;
  /** What a cursor would read next is no longer kept: the promise of section 5 cannot be held. */
  cursorLost(): void;
  /** Delivery is over for this turn: the moment to look at what is unsent. */
  flushed(): void;
}

export class Pump {
  readonly #schedule: (flush: () => void) => void;
  #logs: ChannelLog[] = [];
  #readers: StreamReader[] = [];
  #scheduled = false;

  /** @param schedule runs its argument at the end of this turn of the loop, outside every socket callback */
  constructor(schedule: (flush: () => void) => void) {
    this.#schedule = schedule;
  }

  /** A log has new entries. */
  logGrew(log: ChannelLog): void {
    if (log.dirty) return;
    log.dirty = true;
    this.#logs.push(log);
    this.#wake();
  }

  /** A cursor was set behind the end of its log. */
  cursorSet(cursor: Cursor, reader: StreamReader): void {
    if (cursor.behind) reader.behind.push(cursor);
    this.readerReady(reader);
  }

  /** A reader has drained, or is no longer held. */
  readerReady(reader: StreamReader): void {
    if (reader.ready) return;
    reader.ready = true;
    this.#readers.push(reader);
    this.#wake();
  }

  #wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#flush);
  }

  /** Delivers at once what would be delivered at the end of this turn: before a deadline that may forget it. */
  flush(): void {
    if (this.#scheduled) this.#flush();
  }

  readonly #flush = (): void => {
    const logs = this.#logs;
    this.#logs = [];
    for (const log of logs) {
      log.dirty = false;
      for (let cursor = log.firstCursor; cursor !== null; cursor = cursor.next) {
        // Every cursor on a channel's log belongs to a reader with a socket.
        this.cursorSet(cursor, cursor.reader as StreamReader);
      }
    }
    const readers = this.#readers;
    this.#readers = [];
    this.#scheduled = false;
    for (const reader of readers) {
      reader.ready = false;
      pump(reader);
    }
  };
}

/** One frame from each cursor in turn, while the socket takes them. */
const pump = (reader: StreamReader): void => {
  const { behind } = reader;
  while (!behind.isEmpty && !reader.held) {
    if (!reader.hasRoom) break;
    const cursor = behind.take() as Cursor;
    if (cursor.lost) {
      reader.cursorLost();
      return;
    }
    const frame = cursor.nextFrame();
    if (frame !== null) reader.sendFrame(frame);
    if (cursor.finished) {
      detachCursor(cursor);
      reader.cursorFinished(cursor);
    } else if (cursor.behind) behind.push(cursor);
  }
  reader.flushed();
};
