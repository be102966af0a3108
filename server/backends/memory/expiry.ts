/**
 * Removes what is kept no longer: idempotency keys after their day, messages that are older than
 * `memory.retention_days`, and the oldest of a channel with more than `memory.max_channel_messages`.
 *
 * A summary goes when the oldest message would whose words it may have; the messages that are left are
 * summarized anew. Messages go from the front of a channel, a message together with its reply, so that the seqs left have no
 * gaps; the number of the last one gone stays with the channel, so that no seq comes twice.
 */
import type { Database, Statement } from 'better-sqlite3';
import { IdempotencyKeys } from './idempotency.js';
import type { MemoryLimits } from './messages.js';
import { monotonicMs, Pace } from './pace.js';
import type { HoldsWords } from './wal.js';

const KEYS_AT_ONCE = 128;
const CHANNELS_AT_ONCE = 64;
const ROWS_AT_ONCE = 64;

interface ChannelRow {
  readonly id: number;
  /** Of the messages it holds; null: it holds none. */
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly firstCreatedAtMs: number | null;
  /** When the oldest message was written whose words its summary may have; null: it has no summary. */
  readonly summaryFromAtMs: number | null;
}

interface FrontRow {
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly createdAtMs: number;
  /** A reply that somebody may still be writing. */
  readonly open: 0 | 1;
}

/** One round is one walk through all channels; {@link step} goes on where the step before stopped. */
export class Expiry {
  readonly #db: Database;
  readonly #words: HoldsWords;
  readonly #nowMs: () => number;
  readonly #keys: IdempotencyKeys;
  readonly #channels: Statement<[after: number, limit: number], ChannelRow>;
  readonly #front: Statement<[channel: number, limit: number], FrontRow>;
  readonly #remove: Statement<[channel: number, from: number, to: number]>;
  readonly #removeSummary: Statement<[channel: number]>;
  readonly #noteRemoved: Statement<[seq: number, channel: number]>;
  #limits: MemoryLimits = { retentionMs: 0, maxChannelMessages: 0 };
  #keysDone = false;
  /** Channels up to this one have been looked at. */
  #channel = 0;

  constructor(db: Database, words: HoldsWords, nowMs = monotonicMs) {
    this.#db = db;
    this.#words = words;
    this.#nowMs = nowMs;
    this.#keys = new IdempotencyKeys(db);
    this.#channels = db.prepare(
      `SELECT channels.id, first.seq AS firstSeq, first.created_at_ms AS firstCreatedAtMs,
         (SELECT max(seq) FROM messages WHERE channel = channels.id) AS lastSeq,
         (SELECT from_at_ms FROM summaries WHERE channel = channels.id) AS summaryFromAtMs
       FROM channels LEFT JOIN messages AS first ON first.channel = channels.id
         AND first.seq = (SELECT min(seq) FROM messages WHERE channel = channels.id)
       WHERE channels.id > ? AND principal IS NOT NULL ORDER BY channels.id LIMIT ?`,
    );
    this.#front = db.prepare(
      `SELECT seq, role, created_at_ms AS createdAtMs,
         role = 'assistant' AND finish_reason IS NULL AS open
       FROM messages WHERE channel = ? ORDER BY seq LIMIT ?`,
    );
    this.#remove = db.prepare('DELETE FROM messages WHERE channel = ? AND seq BETWEEN ? AND ?');
    this.#removeSummary = db.prepare('DELETE FROM summaries WHERE channel = ?');
    this.#noteRemoved = db.prepare('UPDATE channels SET removed_seq = ? WHERE id = ?');
  }

  /** What is kept from the next {@link restart} on. */
  setLimits(limits: MemoryLimits): void {
    this.#limits = limits;
  }

  /** Begins a new round. */
  restart(): void {
    this.#keysDone = false;
    this.#channel = 0;
  }

  /**
   * Takes one step of the round, in a transaction of its own where there is something to remove.
   * False: the round is over. @param wallMs now, since the epoch. @throws where the disk fails
   */
  step(wallMs: number): boolean {
    if (!this.#keysDone) {
      this.#keysDone = this.#keys.sweep(wallMs, KEYS_AT_ONCE) < KEYS_AT_ONCE;
      if (!this.#keysDone) return true;
    }
    const { retentionMs, maxChannelMessages } = this.#limits;
    if (retentionMs === 0 && maxChannelMessages === 0) return false;
    const pace = new Pace(this.#nowMs);
    const channels = this.#channels.all(this.#channel, CHANNELS_AT_ONCE);
    for (const channel of channels) {
      this.#expireSummary(channel, wallMs);
      if (this.#isDue(channel, wallMs) && this.#removeFrom(channel, wallMs, pace)) return true;
      this.#channel = channel.id;
      if (pace.spent) return true;
    }
    return channels.length === CHANNELS_AT_ONCE;
  }

  #expireSummary({ id, summaryFromAtMs }: ChannelRow, wallMs: number): void {
    if (summaryFromAtMs === null || !this.#isTooOld(summaryFromAtMs, wallMs)) return;
    this.#words.erased();
    this.#removeSummary.run(id);
  }

  #isTooOld(createdAtMs: number, wallMs: number): boolean {
    const { retentionMs } = this.#limits;
    return retentionMs > 0 && createdAtMs < wallMs - retentionMs;
  }

  #isDue({ firstSeq, lastSeq, firstCreatedAtMs }: ChannelRow, wallMs: number): boolean {
    const { maxChannelMessages } = this.#limits;
    if (firstSeq === null || lastSeq === null || firstCreatedAtMs === null) return false;
    return (
      this.#isTooOld(firstCreatedAtMs, wallMs) ||
      (maxChannelMessages > 0 && lastSeq - firstSeq + 1 > maxChannelMessages)
    );
  }

  /** True: there may be more of it to remove. */
  #removeFrom(channel: ChannelRow, wallMs: number, pace: Pace): boolean {
    const exchanges = [...this.#exchanges(channel, wallMs)];
    if (exchanges.length === 0) return false;
    this.#words.erased();
    this.#db
      .transaction(() => {
        let removed = 0;
        for (const { from, to } of exchanges) {
          this.#remove.run(channel.id, from, to);
          removed = to;
          if (pace.spent) break;
        }
        this.#noteRemoved.run(removed, channel.id);
      })
      .immediate();
    return true;
  }

  /** What is to go from the front of a channel next, oldest first: each a message and its reply, by their seqs. */
  *#exchanges({ id, lastSeq }: ChannelRow, wallMs: number): Generator<{ from: number; to: number }> {
    const { maxChannelMessages } = this.#limits;
    const rows = this.#front.all(id, ROWS_AT_ONCE);
    for (let at = 0; at < rows.length; ) {
      const first = rows[at] as FrontRow;
      const second = rows[at + 1];
      const last = first.role === 'user' && second?.role === 'assistant' ? second : first;
      if (first.open === 1 || last.open === 1) return;
      // The reply may be the one row that was not read.
      if (at + 1 === ROWS_AT_ONCE) return;
      const tooOld = this.#isTooOld(first.createdAtMs, wallMs);
      const tooMany = maxChannelMessages > 0 && (lastSeq ?? 0) - first.seq + 1 > maxChannelMessages;
      if (!tooOld && !tooMany) return;
      yield { from: first.seq, to: last.seq };
      at += last === first ? 1 : 2;
    }
  }
}
