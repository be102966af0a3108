/**
 * Gives back the pages of the full-text index that removed messages leave nearly empty. Their words are wiped when
 * they go, but the index lets go of a page only where it merges its parts, and it does that by itself
 * only as messages are added (sqlite.org/fts5.html, "The 'merge' Command").
 */
import type { Database, Statement } from 'better-sqlite3';
import { monotonicMs, Pace } from './pace.js';

/** A merge rewrites the whole index, so it has to be worth it: this part of the messages is gone, */
const SHARE_GONE = 1 / 4;
/** and no fewer than this. */
const LEAST_GONE = 16;
/** Written at once, in about a millisecond. */
const PAGES_AT_ONCE = 8;

export class IndexMerge {
  readonly #db: Database;
  readonly #averages: Statement<[], Buffer>;
  readonly #merge: Statement<[pages: number]>;
  readonly #changes: Statement<[], number>;
  /** Messages in the index: the most since the last merge. */
  #most = 0;
  #merging = false;

  constructor(db: Database) {
    this.#db = db;
    // The record of averages begins with the number of rows; counting them would take as long as there are many.
    this.#averages = db.prepare<[], Buffer>('SELECT block FROM message_index_data WHERE id = 1').pluck();
    this.#merge = db.prepare(`INSERT INTO message_index (message_index, rank) VALUES ('merge', ?)`);
    this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** The step before messages are removed: counts them. @throws where the disk fails */
  look(): false {
    this.#most = Math.max(this.#most, this.#rows());
    return false;
  }

  /** Takes one step, in a transaction of its own. False: there is nothing to do. @throws where the disk fails */
  step(): boolean {
    if (!this.#merging) {
      const rows = this.#rows();
      const gone = this.#most - rows;
      if (gone < LEAST_GONE || gone < this.#most * SHARE_GONE) return false;
      this.#most = rows;
    }
    this.#db
      .transaction(() => {
        const pace = new Pace(monotonicMs);
        do this.#merging = this.#mergePages();
        while (this.#merging && !pace.spent);
      })
      .immediate();
    return this.#merging;
  }

  /** False: that was the last of them. A negative number begins, positive ones go on. */
  #mergePages(): boolean {
    const before = this.#changes.get() ?? 0;
    this.#merge.run(this.#merging ? PAGES_AT_ONCE : -PAGES_AT_ONCE);
    return (this.#changes.get() ?? 0) - before >= 2;
  }

  #rows(): number {
    let rows = 0;
    // SQLite's variable-length integers (sqlite.org/fileformat2.html, section 1.6); none is longer than seven bytes here.
    for (const byte of this.#averages.get() ?? []) {
      rows = rows * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
    }
    return rows;
  }
}
