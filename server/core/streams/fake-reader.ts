/** A reader without a socket for the tests of this folder: it takes frames as slowly as it is told to. */
import { SCOPE_BIT } from '../sessions/scopes.js';
import { attachCursor, Cursor } from './cursor.js';
import { CursorQueue } from './cursor-queue.js';
import type { ChannelLog, Frame } from './log.js';
import type { Pump, StreamReader } from './pump.js';
import type { Stream } from './stream.js';

/** Params of a `chat.stream` frame. */
export interface StreamParams {
  readonly chunk: string;
  readonly index: number;
  readonly message_id: string;
  readonly span?: number;
}

export const paramsOf = (frame: Frame): StreamParams =>
  (JSON.parse(frame.text) as { params: StreamParams }).params;

export class FakeReader implements StreamReader {
  readonly scopeBits: number;
  readonly behind = new CursorQueue();
  readonly frames: Frame[] = [];
  readonly finished: Cursor[] = [];
  ready = false;
  held = false;
  lost = false;
  flushes = 0;
  /** While set, what is sent stays unsent. */
  stalled = false;
  unsentBytes = 0;
  readonly #pump: Pump;

  constructor(pump: Pump, scopeBits: number = SCOPE_BIT.chat) {
    this.#pump = pump;
    this.scopeBits = scopeBits;
  }

  get hasRoom(): boolean {
    return this.unsentBytes === 0;
  }

  /** Reads a log from its end on, or one stream from a position on. */
  follow(log: ChannelLog, only: Stream | null = null, position = log.end): Cursor {
    const cursor = new Cursor(log, this, position, only);
    attachCursor(cursor);
    this.#pump.cursorSet(cursor, this);
    return cursor;
  }

  /** Takes what it had not taken, and everything from now on. */
  drain(): void {
    this.stalled = false;
    this.unsentBytes = 0;
    this.#pump.readerReady(this);
  }

  /** The text of one stream among its frames. Throws where an index is not the one due. */
  text(messageId: string, firstIndex = 0): string {
    let due = firstIndex;
    let text = '';
    for (const frame of this.frames) {
      const { chunk, index, message_id, span = 1 } = paramsOf(frame);
      if (message_id !== messageId || chunk === undefined) continue;
      if (index !== due) throw new Error(`chunk ${index} where ${due} was due`);
      due += span;
      text += chunk;
    }
    return text;
  }

  sendFrame(frame: Frame): void {
    if (this.unsentBytes > 0) throw new Error('sent to a reader that had not drained');
    this.frames.push(frame);
    if (this.stalled) this.unsentBytes = frame.bytes;
  }

  cursorFinished(cursor: Cursor): void {
    this.finished.push(cursor);
  }

  cursorLost(): void {
    this.lost = true;
  }

  flushed(): void {
    this.flushes += 1;
  }
}
