/** Whether the store can be written, as far as is known. */
import type { Database } from 'better-sqlite3';
import { causeOf, isDamage, isStoreFault, watchFile } from './faults.js';
import { withoutWaiting } from './locks.js';
import type { StoreHealthReport } from './messages.js';

/** How long after a failure the store is tried again, where nobody else does. */
const PROBE_AFTER_MS = 1000;

/**
 * Tells when the store begins to fail, and when it works again: once it could be written, and
 * nothing has failed for {@link PROBE_AFTER_MS}. A damaged file is not taken back: what SQLite
 * cannot read stays unread, however well the rest works.
 */
export class StoreHealth {
  readonly #db: Database;
  readonly #report: (health: StoreHealthReport) => void;
  readonly #nowMs: () => number;
  readonly #checkFile: () => void;
  #failing = false;
  #damaged = false;
  #probeAtMs = 0;

  /** @param nowMs a clock that only goes forward */
  constructor(db: Database, report: (health: StoreHealthReport) => void, nowMs: () => number) {
    this.#db = db;
    this.#report = report;
    this.#nowMs = nowMs;
    this.#checkFile = watchFile(db.name);
  }

  /** Milliseconds until {@link probe} has something to do; null: it has nothing. */
  get probeInMs(): number | null {
    return this.#failing && !this.#damaged ? Math.max(0, this.#probeAtMs - this.#nowMs()) : null;
  }

  /** Takes note of a call's error; most say nothing about the store. */
  failed(error: unknown): void {
    if (!isStoreFault(error)) return;
    this.#damaged ||= isDamage(error);
    this.#probeAtMs = this.#nowMs() + PROBE_AFTER_MS;
    if (this.#failing) return;
    this.#failing = true;
    this.#report({
      ok: false,
      sentence: `The database ${this.#db.name} fails: ${causeOf(this.#db.name, error)}.`,
    });
  }

  /** Writes a page, where it is time to: the store works again if that is on the disk. */
  probe(): void {
    if (this.probeInMs !== 0) return;
    try {
      this.#checkFile();
      withoutWaiting(this.#db, () => {
        const version = this.#db.pragma('user_version', { simple: true });
        // Written even where it is the same: a page of the log and a sync.
        this.#db.transaction(() => this.#db.pragma(`user_version = ${version}`)).immediate();
      });
      this.#failing = false;
      this.#report({ ok: true });
    } catch (error) {
      this.failed(error);
    }
  }
}
