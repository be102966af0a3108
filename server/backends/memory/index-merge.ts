/**
 * Gives back the pages of the full-text index that removed messages leave nearly empty. Their words are wiped when
 * they go, but the index lets go of a page only where it merges its parts, and it does that by itself
 * only as messages are added (sqlite.org/fts5.html, "The 'merge' Command"). The first words of its pages stay that long, too.
 */
import type { Database, Statement } from 'better-sqlite3';
import { monotonicMs, Pace } from './pace.js';

/** A merge rewrites the whole index, so it has to be worth it: this part of the messages is gone, */
const SHARE_GONE = 1 / 4;
/** and no fewer than this. */
const LEAST_GONE = 16;
/** Or what is gone has waited so long, and this many times as long as the last merge took. */
const PATIENCE_MS = 3_600_000;
const PATIENCE_TIMES = 32;
/** Written at once, in about a millisecond. */
const PAGES_AT_ONCE = 8;

export class IndexMerge {
  readonly #db: Database;
  readonly #nowMs: () => number;
  readonly #averages: Statement<[], Buffer>;
  readonly #merge: Statement<[pages: number]>;
  readonly #changes: Statement<[], number>;
  /** Messages in the index: the most since the last merge. */
  #most = 0;
  #merging = false;
  /** Something was removed since the last merge: nobody knows what the process before has left. */
  #isOwed = true;
  #patientUntilMs: number;
  /** What this merge has taken so far. */
  #tookMs = 0;

  /** @param nowMs a clock that only goes forward */
  constructor(db: Database, nowMs = monotonicMs) {
    this.#db = db;
    this.#nowMs = nowMs;
    this.#patientUntilMs = nowMs() + PATIENCE_MS;
    // The record of averages begins with the number of rows; counting them would take as long as there are many.
    this.#averages = db.prepare<[], Buffer>('SELECT block FROM message_index_data WHERE id = 1').pluck();
    this.#merge = db.prepare(`INSERT INTO message_index (message_index, rank) VALUES ('merge', ?)`);
    this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** Messages are removed: what lay between their words goes at the latest with a merge that comes for that alone. */
  erased(): void {
    this.#isOwed = true;
  }

  /** The step before messages are removed: counts them. @throws where the disk fails */
  look(): false {
    this.#most = Math.max(this.#most, this.#rows());
    return false;
  }

  /** Takes one step, in a transaction of its own. False: there is nothing to do. @throws where the disk fails */
  step(): boolean {
    const startMs = this.#nowMs();
    const begins = !this.#merging;
    if (begins) {
      const rows = this.#rows();
      const gone = this.#most - rows;
      const isWorthIt = gone >= LEAST_GONE && gone >= this.#most * SHARE_GONE;
      if (!isWorthIt && !(this.#isOwed && startMs >= this.#patientUntilMs)) return false;
      this.#most = rows;
      this.#tookMs = 0;
    }
    const merges = this.#db
      .transaction(() => {
        const pace = new Pace(this.#nowMs);
        const merges = this.#mergePages();
        this.#merging = merges;
        while (this.#merging && !pace.spent) this.#merging = this.#mergePages();
        return merges;
      })
      .immediate();
    // An index of a single part is not merged before another comes: that stays owed.
    if (!merges) return false;
    // What is removed from now on owes the next one.
    if (begins) this.#isOwed = false;
    const endMs = this.#nowMs();
    this.#tookMs += endMs - startMs;
    this.#patientUntilMs = endMs + Math.max(PATIENCE_MS, PATIENCE_TIMES * this.#tookMs);
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
