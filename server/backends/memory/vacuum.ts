/** Gives the free pages of the database back to the system, a few at a time. */
import type { Database } from 'better-sqlite3';

/** The port's `vacuum`, run at once on an open database, in a transaction or not. */
export class Vacuum {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  step(maxPages: number): { readonly databaseBytes: number; readonly freedBytes: number } {
    const before = this.#number('page_count');
    // Moves pages from the end of the file into free ones. The file itself shrinks at the next checkpoint.
    this.#db.pragma(`incremental_vacuum(${maxPages})`);
    const after = this.#number('page_count');
    const pageBytes = this.#number('page_size');
    return { databaseBytes: after * pageBytes, freedBytes: (before - after) * pageBytes };
  }

  #number(pragma: 'page_count' | 'page_size'): number {
    return Number(this.#db.pragma(pragma, { simple: true }));
  }
}
