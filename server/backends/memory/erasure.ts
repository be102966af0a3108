/**
 * Erases what deleted channels held, a little at a time.
 *
 * Taking a message out of the full-text index so that no word of it stays behind costs about a
 * millisecond. A large channel in one transaction would stop every other write for minutes, so a
 * deletion only takes the channel from its principal, at once and durably; the rest follows in
 * steps between the groups, and after a restart goes on.
 */
import type { Database, Statement } from 'better-sqlite3';
import { monotonicMs, Pace } from './pace.js';
import type { HoldsWords } from './wal.js';

const KEYS_AT_ONCE = 64;

/** Works on the channels that belong to nobody any more (`channels.principal` is null). */
export class Erasure {
  readonly #db: Database;
  readonly #words: HoldsWords;
  readonly #nowMs: () => number;
  readonly #next: Statement<[], { id: number }>;
  readonly #eraseSummary: Statement<[channel: number]>;
  readonly #eraseMessage: Statement<[channel: number]>;
  readonly #eraseKeys: Statement<[channel: number, limit: number]>;
  readonly #eraseChannel: Statement<[id: number]>;

  constructor(db: Database, words: HoldsWords, nowMs = monotonicMs) {
    this.#db = db;
    this.#words = words;
    this.#nowMs = nowMs;
    this.#next = db.prepare('SELECT id FROM channels WHERE principal IS NULL LIMIT 1');
    this.#eraseSummary = db.prepare('DELETE FROM summaries WHERE channel = ?');
    // Index entries go with the rows, by trigger.
    this.#eraseMessage = db.prepare(
      'DELETE FROM messages WHERE id = (SELECT id FROM messages WHERE channel = ? LIMIT 1)',
    );
    this.#eraseKeys = db.prepare(
      `DELETE FROM idempotency_keys WHERE (principal, key) IN
         (SELECT principal, key FROM idempotency_keys WHERE channel = ? LIMIT ?)`,
    );
    this.#eraseChannel = db.prepare('DELETE FROM channels WHERE id = ?');
  }

  /** Takes one step, in a transaction of its own. False: nothing is left to do. @throws where the disk fails */
  step(): boolean {
    const channel = this.#next.get();
    if (channel === undefined) return false;
    this.#words.erased();
    this.#db
      .transaction(() => {
        const pace = new Pace(this.#nowMs);
        this.#eraseSummary.run(channel.id);
        do {
          if (this.#eraseMessage.run(channel.id).changes > 0) continue;
          if (this.#eraseKeys.run(channel.id, KEYS_AT_ONCE).changes > 0) continue;
          this.#eraseChannel.run(channel.id);
          return;
        } while (!pace.spent);
      })
      .immediate();
    return this.#next.get() !== undefined;
  }
}
