/**
 * Messages that are stored and not in the full-text index yet. The schema's triggers note them there; here they
 * are given their words. An entry goes in the transaction that indexes its message, so a message is always in one of the two.
 */
import type { Database, Statement } from 'better-sqlite3';

/** Looked at at once. */
const ENTRIES_AT_ONCE = 64;
/** Of so many of the newest, those of one channel are found, in a millisecond or two. */
const MAX_SEARCHED = 20_000;

export class IndexBacklog {
  readonly #next: Statement<[limit: number], number>;
  readonly #ofChannels: Statement<[channels: string], number>;
  readonly #index: Statement<[message: number]>;
  readonly #remove: Statement<[message: number]>;
  readonly #count: Statement<[], number>;
  readonly #newest: Statement<[], number | null>;
  /** A bound of how many there are: `counted` when the newest message was `newest`, less those indexed since. */
  #counted = 0;
  #newestThen = 0;

  constructor(db: Database) {
    this.#next = db.prepare<[number], number>('SELECT message FROM index_backlog LIMIT ?').pluck();
    this.#ofChannels = db
      .prepare<[string], number>(
        `SELECT message FROM
           (SELECT message, channel FROM index_backlog ORDER BY message DESC LIMIT ${MAX_SEARCHED})
         WHERE channel IN (SELECT value FROM json_each(?)) ORDER BY message`,
      )
      .pluck();
    this.#index = db.prepare(
      `INSERT INTO message_index (rowid, words)
         SELECT id, index_text(channel, content) FROM messages WHERE id = ?`,
    );
    this.#remove = db.prepare('DELETE FROM index_backlog WHERE message = ?');
    this.#count = db.prepare<[], number>('SELECT count(*) FROM index_backlog').pluck();
    this.#newest = db.prepare<[], number | null>('SELECT max(id) FROM messages').pluck();
    this.#recount();
  }

  /** Reads one row. */
  get isEmpty(): boolean {
    return this.#next.get(1) === undefined;
  }

  /** A bound of how many it holds, exact in the beginning. */
  get size(): number {
    return this.#counted;
  }

  /** Whether it holds more than `most`. Counts only where that may be so. */
  exceeds(most: number): boolean {
    const newest = this.#newest.get() ?? 0;
    // The numbers of the newest come again once those are removed.
    this.#newestThen = Math.min(this.#newestThen, newest);
    if (this.#counted + newest - this.#newestThen <= most) return false;
    this.#recount();
    return this.#counted > most;
  }

  /** The messages that wait in some channels, oldest first; of very many that wait, the newest are looked at. */
  of(channels: Iterable<number>): readonly number[] {
    return this.#ofChannels.all(JSON.stringify([...new Set(channels)]));
  }

  /** Indexes messages that wait, in the caller's transaction, until `enough` says so behind one of them. */
  index(messages: readonly number[], enough: () => boolean): void {
    for (const message of messages) {
      this.#index.run(message);
      this.#remove.run(message);
      this.#counted -= 1;
      if (enough()) return;
    }
  }

  /** The same with all that wait, oldest first: the index writes itself out where a row comes behind one with a higher number. */
  indexAll(enough: () => boolean): void {
    let isEnough = false;
    while (!isEnough) {
      const messages = this.#next.all(ENTRIES_AT_ONCE);
      if (messages.length === 0) return;
      this.index(messages, () => {
        isEnough = enough();
        return isEnough;
      });
    }
  }

  #recount(): void {
    this.#counted = this.#count.get() ?? 0;
    this.#newestThen = this.#newest.get() ?? 0;
  }
}
