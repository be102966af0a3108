/**
 * The cursors of one reader that have something to deliver, in turn: a list through the cursors themselves, for a
 * reader at the head of its log comes and goes here with every chunk.
 */
import type { Cursor } from './cursor.js';

export class CursorQueue {
  #head: Cursor | null = null;
  #tail: Cursor | null = null;

  get isEmpty(): boolean {
    return this.#head === null;
  }

  /** Puts a cursor behind the others. Harmless where it is here already; no cursor may be in two queues. */
  push(cursor: Cursor): void {
    if (cursor.queued) return;
    cursor.queued = true;
    if (this.#tail === null) this.#head = cursor;
    else this.#tail.nextQueued = cursor;
    this.#tail = cursor;
  }

  /** Takes out the first; null where there is none. */
  take(): Cursor | null {
    const cursor = this.#head;
    if (cursor === null) return null;
    this.#head = cursor.nextQueued;
    if (this.#head === null) this.#tail = null;
    cursor.nextQueued = null;
    cursor.queued = false;
    return cursor;
  }

  /** Takes out one, wherever it stands. Harmless where it is not here. */
  remove(cursor: Cursor): void {
    if (!cursor.queued) return;
    let before: Cursor | null = null;
    for (let at = this.#head; at !== null && at !== cursor; at = at.nextQueued) before = at;
    if (before === null) {
      this.take();
      return;
    }
    before.nextQueued = cursor.nextQueued;
    if (this.#tail === cursor) this.#tail = before;
    cursor.nextQueued = null;
    cursor.queued = false;
  }

  clear(): void {
    while (this.take() !== null);
  }
}
