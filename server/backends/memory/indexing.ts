/**
 * When messages are indexed: behind their acknowledgement, which need not wait for it. A message's words take four
 * times as long as the message itself, and longer still in a transaction of their own.
 *
 * In the background, most of the time while nobody calls and a fifth of it while somebody does; before a search or recall that would
 * miss something; and at once where more waits than may.
 */
import type { Database } from 'better-sqlite3';
import { isLocked } from './faults.js';
import { IndexBacklog } from './index-backlog.js';
import { withoutWaiting } from './locks.js';
import { Pace } from './pace.js';

/** The work of some fifteen seconds; beside what waits when the database is opened, such as all of an index made anew. */
const MAX_WAITING = 200_000;
/** How long a search waits for what its channel has not indexed yet; what is left then it does not find. */
const CATCH_UP_MS = 50;
/** The pause behind a step, in steps: while others call, and while nobody does. */
const BUSY_PAUSE = 4;
const QUIET_PAUSE = 1 / 4;
/** From a message to the step that indexes it: what comes together is indexed together. */
const GATHER_MS = 20;
/** How long whoever has locked the database is left alone, and a database that has failed. */
const LOCKED_MS = 1000;
const FAILED_MS = 10_000;
/** With nothing to do. */
const IDLE_MS = 60_000;

export interface IndexingOptions {
  readonly db: Database;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
  /** Beyond, whoever writes has to wait. */
  readonly maxWaiting?: number;
}

export class Indexing {
  readonly #options: IndexingOptions;
  readonly #backlog: IndexBacklog;
  /** When the next step is due; null: nothing waits for one. */
  #stepAtMs: number | null;
  /** The database is not tried before. */
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Somebody has called since the last step. */
  #called = false;
  /** Waited already when the database was opened, which nobody who writes has to wait for. */
  #oldWaiting: number;

  constructor(options: IndexingOptions) {
    this.#options = options;
    this.#backlog = new IndexBacklog(options.db);
    this.#oldWaiting = this.#backlog.size;
    this.#stepAtMs = options.nowMs();
  }

  /** Before a search or recall in `channels`. Where it fails, they find what is indexed. Never throws. */
  catchUp(channels: Iterable<number>): void {
    const { nowMs } = this.#options;
    this.#attempt(() => {
      const messages = this.#backlog.of(channels);
      if (messages.length === 0) return;
      const untilMs = nowMs() + CATCH_UP_MS;
      this.#transact(() => this.#backlog.index(messages, () => nowMs() >= untilMs));
    });
  }

  /** Behind a group of calls: where more waits than may, makes room, for as long as that takes. Never throws. */
  called(): void {
    this.#called = true;
    this.#stepAtMs ??= this.#options.nowMs() + GATHER_MS;
    this.#attempt(() => {
      const mostWaiting = this.#oldWaiting + (this.#options.maxWaiting ?? MAX_WAITING);
      while (this.#backlog.exceeds(mostWaiting)) this.#indexSome();
    });
  }

  /** Takes a step where one is due. Never throws. @returns after how many milliseconds to come again, where nothing has happened */
  step(): number {
    const { nowMs } = this.#options;
    const startMs = nowMs();
    const dueInMs = Math.max(this.#stepAtMs ?? startMs + IDLE_MS, this.#retryAtMs) - startMs;
    if (dueInMs > 0) return dueInMs;
    this.#stepAtMs = null;
    this.#attempt(() => {
      if (this.#backlog.isEmpty) {
        this.#oldWaiting = 0;
        return;
      }
      this.#indexSome();
      const endMs = nowMs();
      this.#stepAtMs = endMs + (endMs - startMs) * (this.#called ? BUSY_PAUSE : QUIET_PAUSE);
    });
    this.#called = false;
    return Math.max(this.#stepAtMs ?? startMs + IDLE_MS, this.#retryAtMs) - nowMs();
  }

  #indexSome(): void {
    const pace = new Pace(this.#options.nowMs);
    this.#transact(() => this.#backlog.indexAll(() => pace.spent));
  }

  #transact(work: () => void): void {
    const { db } = this.#options;
    // What a power failure undoes is in the backlog again, so this needs no sync of the disk.
    db.pragma('synchronous = NORMAL');
    try {
      db.transaction(work).immediate();
    } finally {
      db.pragma('synchronous = FULL');
    }
  }

  #attempt(work: () => void): void {
    const { db, nowMs, onError } = this.#options;
    if (nowMs() < this.#retryAtMs) return;
    try {
      withoutWaiting(db, work);
    } catch (error) {
      const locked = isLocked(error);
      this.#retryAtMs = nowMs() + (locked ? LOCKED_MS : FAILED_MS);
      this.#stepAtMs = this.#retryAtMs;
      if (!locked) onError(error);
    }
  }
}
