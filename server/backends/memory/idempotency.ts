/** Which messages came with an idempotency key, so that a repeated one is not stored again. */
import { createHash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { AddMessageOutcome, NewMessage } from './port.js';

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
/** Expired keys that one new key removes: more than come in, and never a long stop. */
const SWEPT_AT_ONCE = 8;

interface EarlierRow {
  readonly messageId: string;
  readonly channelId: string;
  readonly seq: number;
  readonly same: 0 | 1;
}

/** What is kept of a message to know it by when it is gone. */
const digest = (content: string): Buffer => createHash('sha256').update(content).digest();

/**
 * Keys per principal. A key holds the answer its message got, so that it is given again even where
 * the message has been removed to keep a channel small; it goes when the channel is deleted.
 */
export class IdempotencyKeys {
  readonly #find: Statement<[hash: Buffer, principal: string, key: string, expiredAtMs: number], EarlierRow>;
  readonly #remember: Statement<
    [
      principal: string,
      key: string,
      channel: number,
      messageId: string,
      seq: number,
      hash: Buffer,
      createdAtMs: number,
    ]
  >;
  readonly #sweep: Statement<[expiredAtMs: number, limit: number]>;

  constructor(db: Database) {
    this.#find = db.prepare(
      `SELECT message_id AS messageId, channels.channel_id AS channelId, seq, content_hash = ? AS same
       FROM idempotency_keys AS keys
         JOIN channels ON channels.id = keys.channel AND channels.principal = keys.principal
       WHERE keys.principal = ? AND key = ? AND keys.created_at_ms > ?`,
    );
    this.#remember = db.prepare(
      `INSERT OR REPLACE INTO idempotency_keys
         (principal, key, channel, message_id, seq, content_hash, created_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#sweep = db.prepare(
      `DELETE FROM idempotency_keys WHERE (principal, key) IN
         (SELECT principal, key FROM idempotency_keys WHERE created_at_ms <= ?
          ORDER BY created_at_ms LIMIT ?)`,
    );
  }

  /** What came with this key in the 24 hours before `nowMs`; null: nothing. */
  find(principal: string, key: string, content: string, nowMs: number): AddMessageOutcome | null {
    const row = this.#find.get(digest(content), principal, key, nowMs - REMEMBERED_MS);
    if (row === undefined) return null;
    if (row.same === 0) return { outcome: 'conflict' };
    return { outcome: 'repeated', messageId: row.messageId, channelId: row.channelId, seq: row.seq };
  }

  /** Remembers what a new message was answered with, for a key that {@link find} did not find; forgets some old ones. */
  remember(key: string, channel: number, seq: number, message: NewMessage): void {
    const { principal, messageId, content, createdAtMs } = message;
    this.#remember.run(principal, key, channel, messageId, seq, digest(content), createdAtMs);
    this.sweep(createdAtMs, SWEPT_AT_ONCE);
  }

  /** Forgets keys whose 24 hours are over at `nowMs`, at most `limit`. @returns how many */
  sweep(nowMs: number, limit: number): number {
    return this.#sweep.run(nowMs - REMEMBERED_MS, limit).changes;
  }
}
