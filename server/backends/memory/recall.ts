/** Finding things again: search for people, recall for models. */
import type { Database, Statement } from 'better-sqlite3';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Channels } from './channels.js';
import type { Near } from './embeddings-messages.js';
import { fuse } from './fusion.js';
import { Matches } from './matches.js';
import type { RecalledMessage, RecalledSummary, SearchHit } from './port.js';
import { termsOf } from './search-text.js';
import type { Summaries } from './summaries.js';
import { BYTES_PER_TOKEN, tokensOf } from './tokens.js';

/** Terms of a query that count: each is looked up, so their number bounds the cost. */
const MAX_TERMS = 32;
/** Older matches that recall looks at, best first. */
const MAX_MATCHES = 64;
/** Of the last turns, those that are too long for the whole budget. */
const MAX_PASSED_OVER = 8;
/** A search's answer ends before this much content, as a page of history does; never empty for that. */
const MAX_SEARCH_BYTES = PROTOCOL.maxHistoryPageBytes;

interface MessageRow extends RecalledMessage {
  readonly messageId: string;
  readonly createdAtMs: number;
}

interface TurnRow {
  readonly seq: number;
  readonly role: MessageRow['role'];
  /** Null: too long to be read. */
  readonly content: string | null;
}

const COLUMNS = 'seq, role, content, message_id AS messageId, created_at_ms AS createdAtMs';

/** The port's `search` and `recall`, as it describes them, run at once on an open database. */
export class Recall {
  readonly #channels: Channels;
  readonly #summaries: Summaries;
  readonly #matches: Matches;
  readonly #message: Statement<[channel: number, seq: number, maxBytes: number], MessageRow>;
  readonly #first: Statement<[channel: number], number>;
  readonly #newest: Statement<[maxBytes: number, channel: number, before: number], TurnRow>;

  constructor(db: Database, channels: Channels, summaries: Summaries) {
    this.#channels = channels;
    this.#summaries = summaries;
    this.#matches = new Matches(db);
    // octet_length reads nothing of a content, however long that is.
    this.#message = db.prepare(
      `SELECT ${COLUMNS} FROM messages WHERE channel = ? AND seq = ? AND octet_length(content) <= ?`,
    );
    this.#first = db.prepare<[number], number>('SELECT min(seq) FROM messages WHERE channel = ?').pluck();
    // Only what a model should see: replies that have ended, and nothing empty.
    this.#newest = db.prepare(
      `SELECT seq, role, CASE WHEN octet_length(content) <= ? THEN content END AS content FROM messages
       WHERE channel = ? AND seq < ? AND (role = 'user' OR finish_reason IS NOT NULL)
         AND octet_length(content) > 0
       ORDER BY seq DESC`,
    );
  }

  search(
    principal: string,
    channelId: string,
    ask: { readonly query: string; readonly limit: number },
    near: Near | null = null,
  ): readonly SearchHit[] | null {
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return null;
    const terms = termsOf(ask.query, 'whole', MAX_TERMS);
    const last = terms.at(-1);
    if (last === undefined) return [];
    // Someone may still be typing the last one; a word that stands before it as well is whole there.
    if (!last.again) terms[terms.length - 1] = { ...last, open: true };
    const matches = this.#matches.ofAll(terms, {
      channel,
      beforeSeq: Number.MAX_SAFE_INTEGER,
      maxBytes: Number.MAX_SAFE_INTEGER,
      limit: ask.limit,
    });
    // BM25 knows how many messages the whole database holds. Relative to the best hit, a score does not tell it.
    const best = matches[0]?.rank ?? -1;
    const byWords = matches.map(({ seq, rank }) => ({ seq, score: rank / best }));
    const meant = near?.channel === channel ? near.seqs.slice(0, ask.limit) : null;
    const found = meant === null ? byWords : fuse([byWords.map(({ seq }) => seq), meant]);
    const hits: SearchHit[] = [];
    let leftBytes = MAX_SEARCH_BYTES;
    for (const { seq, score } of found.slice(0, ask.limit)) {
      const message = this.#message.get(channel, seq, Number.MAX_SAFE_INTEGER);
      if (message === undefined) continue;
      const { messageId, role, content, createdAtMs } = message;
      leftBytes -= Buffer.byteLength(content);
      if (leftBytes < 0 && hits.length > 0) break;
      hits.push({ messageId, channelId, role, content, score, createdAtMs });
    }
    return hits;
  }

  recall(
    principal: string,
    channelId: string,
    ask: { readonly query: string; readonly beforeSeq: number; readonly maxTokens: number },
    near: Near | null = null,
  ): readonly (RecalledMessage | RecalledSummary)[] {
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return [];
    const summary = this.#summaries.find(channel, ask);
    const maxTokens = ask.maxTokens - (summary?.tokens ?? 0);
    const chosen = new Choice(maxTokens);

    /** Chooses from the newest below `before` until one does not fit; returns the oldest seq chosen. */
    const chooseNewest = (before: number, reservedTokens: number): number => {
      let oldest = before;
      let passedOver = 0;
      for (const { seq, role, content } of this.#newest.iterate(
        maxTokens * BYTES_PER_TOKEN,
        channel,
        before,
      )) {
        // One that is too long for the whole budget does not hide what was said before it.
        if (content === null) {
          if (passedOver === MAX_PASSED_OVER) break;
          passedOver += 1;
        } else if (!chosen.add({ seq, role, content }, reservedTokens)) break;
        oldest = seq;
      }
      return oldest;
    };

    const oldest = chooseNewest(ask.beforeSeq, Math.ceil(chosen.leftTokens / 2));
    const within = {
      channel,
      beforeSeq: oldest,
      maxBytes: chosen.leftTokens * BYTES_PER_TOKEN,
      limit: MAX_MATCHES,
    };
    // In a channel that is shorter than the budget there is nothing older to look for.
    const terms = this.#first.get(channel) === oldest ? [] : termsOf(ask.query, 'pairs', MAX_TERMS);
    const matches = this.#matches.ofAny(terms, within);
    const meant =
      near?.channel === channel && terms.length > 0 ? near.seqs.filter((seq) => seq < oldest) : null;
    const found =
      meant === null ? matches : fuse([matches.map(({ seq }) => seq), meant.slice(0, MAX_MATCHES)]);
    for (const { seq } of found) {
      const message = this.#message.get(channel, seq, chosen.leftTokens * BYTES_PER_TOKEN);
      if (message !== undefined) chosen.add(message, 0);
    }
    // What the matches left of the budget goes to the turns before.
    chooseNewest(oldest, 0);
    return this.#summaries.behind(channel, chosen.newestFirst(), summary);
  }
}

/** Messages within a budget of estimated tokens, none twice. */
class Choice {
  leftTokens: number;
  readonly #chosen = new Map<number, RecalledMessage>();

  constructor(maxTokens: number) {
    this.leftTokens = maxTokens;
  }

  /** False: it does not fit what is left beyond `reservedTokens`. */
  add({ seq, role, content }: RecalledMessage, reservedTokens: number): boolean {
    if (this.#chosen.has(seq)) return true;
    const tokens = tokensOf(content);
    if (tokens > this.leftTokens - reservedTokens) return false;
    this.#chosen.set(seq, { seq, role, content });
    this.leftTokens -= tokens;
    return true;
  }

  newestFirst(): readonly RecalledMessage[] {
    return [...this.#chosen.values()].sort((a, b) => b.seq - a.seq);
  }
}
