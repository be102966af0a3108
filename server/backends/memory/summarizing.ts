/**
 * Summarizing a channel, a step at a time: the summary it has and the messages behind that become
 * the next one, which reaches further. Messages are only read.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { Channels } from './channels.js';
import type { Summarized, SummaryAsk, SummaryMark, SummaryStep } from './port.js';
import { beginning } from './sentences.js';
import type { Summaries, Summary } from './summaries.js';
import { acceptText, summarizeBySentences } from './summary-text.js';

/** How much one step takes; it always takes one message with its reply. */
interface StepLimits {
  readonly rows: number;
  readonly chars: number;
  /** Of one message; what is beyond is passed over. */
  readonly charsOfOne: number;
}

/** A few milliseconds of the memory's thread: choosing sentences looks at every word. */
const SENTENCES: StepLimits = { rows: 128, chars: 32 * 1024, charsOfOne: 8 * 1024 };
/** What one call of a provider is given to read. */
const PROVIDER: StepLimits = { rows: 512, chars: 256 * 1024, charsOfOne: 32 * 1024 };

/** However much recall may have: every next summary is made from all of the one before. */
const MAX_SUMMARY_TOKENS = 2000;

interface Bounds {
  /** Everything up to this seq is summarized, or gone. */
  readonly uptoSeq: number;
  /** 0: there are no messages. */
  readonly newestSeq: number;
}

interface MessageRow {
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly messageId: string;
  readonly createdAtMs: number;
  /** A reply that somebody may still be writing. */
  readonly open: 0 | 1;
  readonly content: string;
}

/** What one step covers. */
interface Taken {
  readonly rows: readonly MessageRow[];
  readonly last: MessageRow;
  /** There is more behind it. */
  readonly more: boolean;
}

/** The port's `nextToSummarize` and `summarize`, as it describes them, run at once on an open database. */
export class Summarizing {
  readonly #channels: Channels;
  readonly #summaries: Summaries;
  readonly #ends: Statement<
    [channel: number, channel: number],
    { first: number | null; last: number | null }
  >;
  readonly #behind: Statement<[channel: number, after: number, upto: number], MessageRow>;
  readonly #messageIdAt: Statement<[channel: number, seq: number], { messageId: string }>;

  constructor(db: Database, channels: Channels, summaries: Summaries) {
    this.#channels = channels;
    this.#summaries = summaries;
    this.#ends = db.prepare(
      `SELECT (SELECT min(seq) FROM messages WHERE channel = ?) AS first,
         (SELECT max(seq) FROM messages WHERE channel = ?) AS last`,
    );
    this.#behind = db.prepare(
      `SELECT seq, role, message_id AS messageId, created_at_ms AS createdAtMs,
         role = 'assistant' AND finish_reason IS NULL AS open, content
       FROM messages WHERE channel = ? AND seq > ? AND seq <= ? ORDER BY seq`,
    );
    this.#messageIdAt = db.prepare(
      'SELECT message_id AS messageId FROM messages WHERE channel = ? AND seq = ?',
    );
  }

  next(principal: string, channelId: string, ask: SummaryAsk): SummaryStep | null {
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return null;
    const previous = this.#summaries.get(channel);
    const taken = this.#take(channel, this.#bounds(channel, previous), ask, PROVIDER);
    if (taken === null || taken.more) return null;
    const drawn = drawnOn(taken, ask);
    if (drawn.length === 0) return null;
    return {
      previous: previous === undefined || previous.content === '' ? null : previous.content,
      messages: drawn.map(({ role, content }) => ({ role, content })),
      maxTokens: roomOf(ask),
      mark: {
        afterSeq: previous?.uptoSeq ?? 0,
        uptoSeq: taken.last.seq,
        uptoMessageId: taken.last.messageId,
        fromAtMs: fromAtMs(previous, drawn, ask),
      },
    };
  }

  summarize(
    principal: string,
    channelId: string,
    ask: SummaryAsk,
    written: { readonly mark: SummaryMark; readonly text: string } | null,
  ): Summarized {
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return { stored: false, more: false, uptoSeq: 0 };
    const previous = this.#summaries.get(channel);
    const bounds = this.#bounds(channel, previous);
    const nothing = { stored: false, more: false, uptoSeq: bounds.uptoSeq };
    const accepted = written === null ? null : acceptText(written.text, roomOf(ask));
    if (written !== null && accepted !== null) {
      const { mark } = written;
      if (!this.#stillHolds(channel, previous, mark)) return nothing;
      const { uptoSeq } = mark;
      const times = { fromAtMs: mark.fromAtMs, createdAtMs: ask.nowMs };
      this.#summaries.put(channel, { ...accepted, ...times, uptoSeq });
      return { stored: true, more: false, uptoSeq };
    }
    const taken = this.#take(channel, bounds, ask, SENTENCES);
    if (taken === null) return nothing;
    const drawn = drawnOn(taken, ask);
    const said = drawn.map(({ role, content }) => ({ by: role, text: content }));
    const text = summarizeBySentences(previous ?? null, said, roomOf(ask));
    const uptoSeq = taken.last.seq;
    const times = { fromAtMs: fromAtMs(previous, drawn, ask), createdAtMs: ask.nowMs };
    this.#summaries.put(channel, { ...text, ...times, uptoSeq });
    return { stored: true, more: taken.more, uptoSeq };
  }

  #bounds(channel: number, previous: Summary | undefined): Bounds {
    const { first, last } = this.#ends.get(channel, channel) ?? { first: null, last: null };
    return { uptoSeq: Math.max(previous?.uptoSeq ?? 0, (first ?? 1) - 1), newestSeq: last ?? 0 };
  }

  /** The id as well as the seqs: a channel's id may come to be used again. */
  #stillHolds(channel: number, previous: Summary | undefined, mark: SummaryMark): boolean {
    return (
      (previous?.uptoSeq ?? 0) === mark.afterSeq &&
      this.#messageIdAt.get(channel, mark.uptoSeq)?.messageId === mark.uptoMessageId
    );
  }

  /** The next messages that are to be summarized, each with its reply; null: none is due. */
  #take(channel: number, { uptoSeq, newestSeq }: Bounds, ask: SummaryAsk, limits: StepLimits): Taken | null {
    if (newestSeq - uptoSeq <= ask.moreThan) return null;
    const rows: MessageRow[] = [];
    let chars = 0;
    let more = false;
    for (const exchange of this.#exchanges(channel, uptoSeq, newestSeq - ask.keepNewest)) {
      const read = exchange.map((row) => ({ ...row, content: beginning(row.content, limits.charsOfOne) }));
      chars += read.reduce((sum, { content }) => sum + content.length, 0);
      more = rows.length > 0 && (rows.length + read.length > limits.rows || chars > limits.chars);
      if (more) break;
      rows.push(...read);
    }
    const last = rows.at(-1);
    return last === undefined ? null : { rows, last, more };
  }

  /** Messages behind `after`, oldest first, each with its reply, up to the first that has none yet. */
  *#exchanges(channel: number, after: number, upto: number): Generator<readonly MessageRow[]> {
    let asked: MessageRow | null = null;
    for (const row of this.#behind.iterate(channel, after, upto)) {
      if (row.open === 1) return;
      if (row.role === 'assistant') yield asked === null ? [row] : [asked, row];
      else if (asked !== null) yield [asked];
      asked = row.role === 'user' ? row : null;
    }
  }
}

const roomOf = ({ maxTokens }: SummaryAsk): number => Math.min(maxTokens, MAX_SUMMARY_TOKENS);

/** Those whose words may be in a summary. */
const drawnOn = ({ rows }: Taken, { passOverBeforeMs }: SummaryAsk): readonly MessageRow[] =>
  rows.filter(({ content, createdAtMs }) => content !== '' && createdAtMs >= passOverBeforeMs);

/** When the oldest message was written whose words may be in the next summary. */
const fromAtMs = (
  previous: Summary | undefined,
  drawn: readonly MessageRow[],
  { nowMs }: SummaryAsk,
): number => {
  const times = drawn.map(({ createdAtMs }) => createdAtMs);
  if (previous !== undefined) times.push(previous.fromAtMs);
  return times.length === 0 ? nowMs : Math.min(...times);
};
