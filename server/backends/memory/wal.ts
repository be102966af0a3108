/**
 * The write-ahead log as a file: emptied where it holds words that were to be erased, and cut
 * where it has grown. SQLite itself only starts it anew, and only in a moment when nobody reads what is in it.
 */
import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { withoutWaiting } from './locks.js';

/** A log that is larger has somebody in its way. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** What keeps words of what is erased until it is cleaned. */
export interface HoldsWords {
  /** Something is erased from the database; what it said stands here until the next step. */
  erased(): void;
}

export class WriteAheadLog implements HoldsWords {
  readonly #db: Database;
  /** It still holds words of what was erased, or the database does until it is emptied: nobody knows what a crash has left. */
  #holdsWords = true;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Something was erased from the database; what it said stands here until the next {@link step}. */
  erased(): void {
    this.#holdsWords = true;
  }

  /** It is to be looked at again soon. */
  get due(): boolean {
    return this.#holdsWords || this.#bytes > LARGE_BYTES;
  }

  /** Empties it where that is due, as far as whoever reads the database from outside allows. @throws where the disk fails */
  step(): void {
    if (!this.due) return;
    withoutWaiting(this.#db, () => {
      const [result] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      if (result?.busy === 0) this.#holdsWords = false;
    });
  }

  get #bytes(): number {
    return statSync(`${this.#db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}
