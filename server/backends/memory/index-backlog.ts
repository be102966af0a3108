/**
 * Messages that are stored and not in the full-text index yet. The schema's triggers note them there; here they
 * are given their words. An entry goes in the transaction that indexes its message, so a message is always in one of the two.
 */
import type { Database, Statement } from 'better-sqlite3';

interface Entry {
  readonly channel: number;
  readonly message: number;
}

/** Looked at at once. */
const ENTRIES_AT_ONCE = 64;

export class IndexBacklog {
  readonly #next: Statement<[limit: number], Entry>;
  readonly #ofChannel: Statement<[channel: number, limit: number], Entry>;
  readonly #index: Statement<[message: number]>;
  readonly #remove: Statement<[channel: number, message: number]>;
  readonly #count: Statement<[], number>;
  readonly #newest: Statement<[], number | null>;
  /** A bound of how many there are: `counted` when the newest message was `newest`, less those indexed since. */
  #counted = 0;
  #newestThen = 0;

  constructor(db: Database) {
    const columns = 'SELECT channel, message FROM index_backlog';
    this.#next = db.prepare(`${columns} LIMIT ?`);
    this.#ofChannel = db.prepare(`${columns} WHERE channel = ? LIMIT ?`);
    this.#index = db.prepare(
      `INSERT INTO message_index (rowid, words)
         SELECT id, index_text(channel, content) FROM messages WHERE id = ?`,
    );
    this.#remove = db.prepare('DELETE FROM index_backlog WHERE channel = ? AND message = ?');
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

  /** Of channels in which something waits, those among `channels`, each once. */
  waiting(channels: Iterable<number>): readonly number[] {
    return [...new Set(channels)].filter((channel) => this.#ofChannel.get(channel, 1) !== undefined);
  }

  /**
   * Indexes, in the caller's transaction, until `enough` says so behind a message or nothing is left.
   * @param channels whose messages; null: all, by channel
   */
  index(enough: () => boolean, channels: readonly number[] | null): void {
    for (;;) {
      const entries =
        channels === null
          ? this.#next.all(ENTRIES_AT_ONCE)
          : channels.flatMap((channel) => this.#ofChannel.all(channel, ENTRIES_AT_ONCE));
      if (entries.length === 0) return;
      // The index writes itself out where a row comes behind one with a higher number.
      for (const { channel, message } of entries.sort((a, b) => a.message - b.message)) {
        this.#index.run(message);
        this.#remove.run(channel, message);
        this.#counted -= 1;
        if (enough()) return;
      }
    }
  }

  #recount(): void {
    this.#counted = this.#count.get() ?? 0;
    this.#newestThen = this.#newest.get() ?? 0;
  }
}
