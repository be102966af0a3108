/**
 * Erases what deleted channels held, a little at a time.
 *
 * Taking a message out of the full-text index so that no word of it stays behind costs about a
 * millisecond. A large channel in one transaction would stop every other write for minutes, so a
 * deletion only takes the channel from its principal, at once and durably; the rest follows in
 * steps between the groups, and after a restart goes on.
 */
import type { Database, Statement } from 'better-sqlite3';

/** What a step takes out: a few tens of milliseconds of work at most for messages of usual length. */
const MESSAGES_PER_STEP = 16;

/** Works on the channels that belong to nobody any more (`channels.principal` is null). */
export class Erasure {
  readonly #db: Database;
  readonly #next: Statement<[], { id: number }>;
  readonly #eraseMessages: Statement<[channel: number, limit: number]>;
  readonly #eraseChannel: Statement<[id: number]>;
  /** The write-ahead log still holds words of what was erased. */
  #logHoldsWords = false;

  constructor(db: Database) {
    this.#db = db;
    this.#next = db.prepare('SELECT id FROM channels WHERE principal IS NULL LIMIT 1');
    // Index entries and idempotency keys go with the rows, by trigger and foreign key.
    this.#eraseMessages = db.prepare(
      'DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE channel = ? LIMIT ?)',
    );
    this.#eraseChannel = db.prepare('DELETE FROM channels WHERE id = ?');
  }

  /**
   * Takes one step, in a transaction of its own. After the last one nothing of the deleted channels
   * is in the files. False: nothing is left to do, or the disk failed or another process reads the database
   * and the next call tries again.
   */
  step(): boolean {
    try {
      const channel = this.#next.get();
      if (channel === undefined) {
        if (this.#logHoldsWords) this.#emptyLog();
        return false;
      }
      this.#logHoldsWords = true;
      this.#db.transaction(() => {
        const { changes } = this.#eraseMessages.run(channel.id, MESSAGES_PER_STEP);
        if (changes < MESSAGES_PER_STEP) this.#eraseChannel.run(channel.id);
      })();
      if (this.#next.get() !== undefined) return true;
      this.#emptyLog();
      return false;
    } catch {
      // Nobody waits for this step; whoever writes next hears of the failing disk.
      return false;
    }
  }

  /** Does not wait for whoever reads the database from outside: nobody's message is to wait with it. */
  #emptyLog(): void {
    const timeoutMs = this.#db.pragma('busy_timeout', { simple: true });
    this.#db.pragma('busy_timeout = 0');
    try {
      const [result] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      this.#logHoldsWords = result?.busy !== 0;
    } finally {
      this.#db.pragma(`busy_timeout = ${timeoutMs}`);
    }
  }
}
