/** Gives what large deletions have freed back to the file system, a little at a time. */
import type { Database } from 'better-sqlite3';
import { monotonicMs, Pace } from './pace.js';

/** Free pages that stay for what is written next, so that the file does not grow and shrink all the time. */
const SPARE_PAGES = 256;
/** The same as a part of the file. */
const SPARE_SHARE = 1 / 16;
/** Moved at once, about a tenth of a millisecond each at worst. */
const PAGES_AT_ONCE = 8;

export class SparePages {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Takes one step, in a transaction of its own. False: there is nothing to give back. @throws where the disk fails */
  step(): boolean {
    if (this.#surplus <= 0) return false;
    const before = this.#surplus;
    this.#db
      .transaction(() => {
        const pace = new Pace(monotonicMs);
        do this.#db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`);
        while (this.#surplus > 0 && !pace.spent);
      })
      .immediate();
    // A database that could not be made shrinkable when it was opened stays as large as it is.
    return this.#surplus > 0 && this.#surplus < before;
  }

  get #surplus(): number {
    const free = Number(this.#db.pragma('freelist_count', { simple: true }));
    const all = Number(this.#db.pragma('page_count', { simple: true }));
    return free - Math.max(SPARE_PAGES, all * SPARE_SHARE);
  }
}
