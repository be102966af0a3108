/** The summaries as they are stored, one a channel, and what recall makes of one. */
import type { Database, Statement } from 'better-sqlite3';
import type { RecalledMessage, RecalledSummary } from './port.js';
import { type SummarySource, shortened } from './summary-text.js';
import { tokensOf } from './tokens.js';

/** Of the room that recall has, what a summary may take. */
const RECALL_SHARE = 1 / 4;

export interface Summary {
  /** Of the newest message it covers. */
  readonly uptoSeq: number;
  /** When the oldest message was written whose words may be in it. */
  readonly fromAtMs: number;
  readonly createdAtMs: number;
  readonly source: SummarySource;
  /** Empty where nothing that was to be summarized had words. */
  readonly content: string;
}

/** A summary as it can be recalled. */
interface Recallable extends RecalledSummary {
  readonly fromAtMs: number;
  readonly tokens: number;
}

interface CoveredRow {
  readonly seq: number;
  readonly createdAtMs: number;
}

export class Summaries {
  readonly #find: Statement<[channel: number], Summary>;
  readonly #put: Statement<[Summary & { channel: number }]>;
  readonly #covered: Statement<[channel: number, uptoSeq: number], CoveredRow>;

  constructor(db: Database) {
    this.#find = db.prepare(
      `SELECT upto_seq AS uptoSeq, from_at_ms AS fromAtMs, created_at_ms AS createdAtMs, source, content
       FROM summaries WHERE channel = ?`,
    );
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO summaries (channel, upto_seq, from_at_ms, created_at_ms, source, content)
       VALUES (@channel, @uptoSeq, @fromAtMs, @createdAtMs, @source, @content)`,
    );
    this.#covered = db.prepare(
      `SELECT seq, created_at_ms AS createdAtMs FROM messages
       WHERE channel = ? AND seq <= ? AND (role = 'user' OR finish_reason IS NOT NULL) AND content <> ''
       ORDER BY seq DESC`,
    );
  }

  get(channel: number): Summary | undefined {
    return this.#find.get(channel);
  }

  put(channel: number, summary: Summary): void {
    this.#put.run({ ...summary, channel });
  }

  /** What recall may tell of a channel's summary; null: nothing. */
  find(channel: number, ask: { readonly beforeSeq: number; readonly maxTokens: number }): Recallable | null {
    const summary = this.get(channel);
    if (summary === undefined || summary.uptoSeq >= ask.beforeSeq) return null;
    const content = shortened(summary, Math.floor(ask.maxTokens * RECALL_SHARE));
    if (content === '') return null;
    const { uptoSeq: seq, fromAtMs } = summary;
    return { seq, role: 'summary', content, fromAtMs, tokens: tokensOf(content) };
  }

  /** What was recalled of a channel, newest first, and behind it its summary where that tells more. */
  behind(
    channel: number,
    recalled: readonly RecalledMessage[],
    summary: Recallable | null,
  ): readonly (RecalledMessage | RecalledSummary)[] {
    if (summary === null || !this.#tellsMore(channel, recalled, summary)) return recalled;
    const { seq, role, content } = summary;
    return [...recalled, { seq, role, content }];
  }

  #tellsMore(channel: number, recalled: readonly RecalledMessage[], { seq, fromAtMs }: Recallable): boolean {
    const seqs = new Set(recalled.map((message) => message.seq));
    let oldestAtMs = Number.POSITIVE_INFINITY;
    for (const covered of this.#covered.iterate(channel, seq)) {
      if (!seqs.has(covered.seq)) return true;
      oldestAtMs = Math.min(oldestAtMs, covered.createdAtMs);
    }
    // It may be about messages that are there no more.
    return fromAtMs < oldestAtMs;
  }
}
