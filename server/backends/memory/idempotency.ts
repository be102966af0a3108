/** Which messages came with an idempotency key, so that a repeated one is not stored again. */
import type { Database, Statement } from 'better-sqlite3';
import type { AddMessageOutcome } from './port.js';

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
/** Expired keys that one new key removes: more than come in, and never a long stop. */
const SWEPT_AT_ONCE = 8;

interface EarlierRow {
  readonly messageId: string;
  readonly channelId: string;
  readonly seq: number;
  readonly same: 0 | 1;
}

/** Keys per principal. A key points at its message, and goes with it when the channel is deleted. */
export class IdempotencyKeys {
  readonly #find: Statement<
    [content: string, principal: string, key: string, expiredAtMs: number],
    EarlierRow
  >;
  readonly #remember: Statement<
    [principal: string, key: string, message: number | bigint, createdAtMs: number]
  >;
  readonly #sweep: Statement<[expiredAtMs: number, limit: number]>;

  constructor(db: Database) {
    this.#find = db.prepare(
      `SELECT messages.message_id AS messageId, channels.channel_id AS channelId, messages.seq,
         messages.content = ? AS same
       FROM idempotency
         JOIN messages ON messages.id = idempotency.message
         JOIN channels ON channels.id = messages.channel AND channels.principal = idempotency.principal
       WHERE idempotency.principal = ? AND key = ? AND idempotency.created_at_ms > ?`,
    );
    this.#remember = db.prepare(
      `INSERT INTO idempotency (principal, key, message, created_at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (principal, key)
       DO UPDATE SET message = excluded.message, created_at_ms = excluded.created_at_ms`,
    );
    this.#sweep = db.prepare(
      `DELETE FROM idempotency WHERE id IN
         (SELECT id FROM idempotency WHERE created_at_ms <= ? ORDER BY created_at_ms LIMIT ?)`,
    );
  }

  /** What came with this key in the 24 hours before `nowMs`; null: nothing. */
  find(principal: string, key: string, content: string, nowMs: number): AddMessageOutcome | null {
    const row = this.#find.get(content, principal, key, nowMs - REMEMBERED_MS);
    if (row === undefined) return null;
    if (row.same === 0) return { outcome: 'conflict' };
    return { outcome: 'repeated', messageId: row.messageId, channelId: row.channelId, seq: row.seq };
  }

  /** Remembers the message (by its row's id) for a key that {@link find} did not find; forgets some old ones. */
  remember(principal: string, key: string, message: number | bigint, nowMs: number): void {
    this.#remember.run(principal, key, message, nowMs);
    this.#sweep.run(nowMs - REMEMBERED_MS, SWEPT_AT_ONCE);
  }
}
