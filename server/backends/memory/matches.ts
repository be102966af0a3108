/**
 * Which messages of a channel match best, at a bounded cost however common the words are.
 *
 * BM25 looks at every message that has a word, which for the commonest words of a long channel takes tens of
 * milliseconds and ranks by next to nothing. So words are first told apart: {@link COMMON} messages
 * or more have a common word, fewer a rare one. Rare words decide; where there are none, the newest messages do.
 */
import type { Database, Statement } from 'better-sqlite3';
import { phrase, type Term } from './search-text.js';

/** Messages that have a common word, and the most that are ranked for one query's sake of it. */
const COMMON = 1024;
/** Messages that rare words together may bring. */
const MAX_RANKED = 4 * COMMON;
/** Common words that are ranked by: BM25 counts all messages that have one, at about 40 ns each. */
const MAX_COMMON_RANKED = 4;

export interface Match {
  readonly seq: number;
  /** BM25 as SQLite gives it: negative, lower is better. */
  readonly rank: number;
}

/** What narrows matches down besides their words. */
export interface Within {
  readonly channel: number;
  readonly beforeSeq: number;
  readonly maxBytes: number;
  readonly limit: number;
}

interface Word {
  readonly expression: string;
  /** Messages that have it; for a common one {@link COMMON}. */
  readonly count: number;
}

interface CommonWord extends Word {
  /** Of the messages that have it the {@link COMMON}th newest: the older, the rarer it is. */
  readonly floor: number;
}

type Narrowed = [query: string, floor: number, channel: number, before: number, maxBytes: number];

/** CROSS JOIN keeps SQLite from walking through the channel and asking the index for every row. */
const FROM_INDEX = `
  FROM message_index CROSS JOIN messages ON messages.id = message_index.rowid
  WHERE message_index MATCH ? AND message_index.rowid >= ?
    AND messages.channel = ? AND seq < ? AND octet_length(messages.content) <= ?`;

export class Matches {
  readonly #nth: Statement<[query: string], number>;
  readonly #count: Statement<[query: string], number>;
  readonly #ranked: Statement<[...Narrowed, limit: number], Match>;
  readonly #rankedAmong: Statement<[...Narrowed, all: string, floor: number, limit: number], Match>;
  readonly #newest: Statement<[...Narrowed, limit: number], Match>;

  constructor(db: Database) {
    this.#nth = db
      .prepare<[string], number>(
        `SELECT rowid FROM message_index WHERE message_index MATCH ?
         ORDER BY rowid DESC LIMIT 1 OFFSET ${COMMON - 1}`,
      )
      .pluck();
    this.#count = db
      .prepare<[string], number>(
        `SELECT count(*) FROM (SELECT 1 FROM message_index WHERE message_index MATCH ? LIMIT ${COMMON})`,
      )
      .pluck();
    this.#ranked = db.prepare(
      `SELECT seq, bm25(message_index) AS rank ${FROM_INDEX} ORDER BY rank, seq DESC LIMIT ?`,
    );
    // The plus keeps SQLite from asking the index anew for each of the rows.
    this.#rankedAmong = db.prepare(
      `SELECT seq, bm25(message_index) AS rank ${FROM_INDEX} AND +message_index.rowid IN
         (SELECT rowid FROM message_index WHERE message_index MATCH ? AND rowid >= ?)
       ORDER BY rank, seq DESC LIMIT ?`,
    );
    this.#newest = db.prepare(
      `SELECT seq, -1.0 AS rank ${FROM_INDEX} ORDER BY message_index.rowid DESC LIMIT ?`,
    );
  }

  /** Messages that have every term, best first; of more than {@link COMMON} of them, the newest. */
  ofAll(terms: readonly Term[], within: Within): readonly Match[] {
    const words = this.#look(terms, within.channel);
    if (words.length === 0 || words.some(({ count }) => count === 0)) return [];
    const all = both(words);
    const common = words.filter(({ count }) => count === COMMON);
    // A rare word bounds them already.
    const floor = common.length < words.length ? 0 : (this.#nth.get(all) ?? 0);
    const ranking = [...words.filter(({ count }) => count < COMMON), ...this.#rarest(common)];
    const narrowed = (query: string): Narrowed => [query, floor, ...narrow(within)];
    if (ranking.length === words.length) return this.#ranked.all(...narrowed(all), within.limit);
    // Messages that have the rarest of the common words may still be all of the channel.
    if (common.length === words.length) return this.#newest.all(...narrowed(all), within.limit);
    return this.#rankedAmong.all(...narrowed(both(ranking)), all, floor, within.limit);
  }

  /** Messages that have any term, best first. Common words count only where there are no others. */
  ofAny(terms: readonly Term[], within: Within): readonly Match[] {
    const words = this.#look(terms, within.channel).filter(({ count }) => count > 0);
    const rare = words.filter(({ count }) => count < COMMON).sort((a, b) => a.count - b.count);
    let messages = 0;
    // The first one fits: it is rare.
    const chosen = rare.filter(({ count }) => {
      messages += count;
      return messages <= MAX_RANKED;
    });
    const [common] = chosen.length > 0 ? [] : this.#rarest(words);
    const query = [...chosen, ...(common === undefined ? [] : [common])]
      .map(({ expression }) => expression)
      .join(' OR ');
    return query === '' ? [] : this.#ranked.all(query, common?.floor ?? 0, ...narrow(within), within.limit);
  }

  #look(terms: readonly Term[], channel: number): Word[] {
    return terms.map((term) => {
      const expression = phrase(channel, term);
      return { expression, count: this.#count.get(expression) ?? 0 };
    });
  }

  /** Of common words, those worth ranking by. */
  #rarest(common: readonly Word[]): CommonWord[] {
    return common
      .map((word) => ({ ...word, floor: this.#nth.get(word.expression) ?? 0 }))
      .sort((a, b) => a.floor - b.floor)
      .slice(0, MAX_COMMON_RANKED);
  }
}

const both = (words: readonly Word[]): string => words.map(({ expression }) => expression).join(' AND ');

const narrow = ({ channel, beforeSeq, maxBytes }: Within) => [channel, beforeSeq, maxBytes] as const;
