/** A database to measure the memory by: long channels of made-up words that are as common as those of a language. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../server/backends/memory/database.js';
import { createStore } from '../../../server/backends/memory/store.js';

const PRINCIPAL = 'local';
const VOCABULARY = 30_000;
const SYLLABLES = 'ka to ri me no sa lu wi the an per st qu ell or ing ed ba da fo'.split(' ');
const LEAST_WORDS = 8;
const MOST_WORDS = 52;
/** Messages to a transaction while a database is filled. */
const AT_ONCE = 1000;
const PROGRESS_EVERY_MS = 5000;

/** Words drawn by Zipf's law: the commonest makes a tenth of a text, most come once in a hundred thousand. The same every time. */
export class Words {
  #state: number;
  readonly #words: readonly string[];
  readonly #upTo: readonly number[];

  constructor(seed: number) {
    this.#state = seed;
    const words = new Set<string>();
    while (words.size < VOCABULARY) {
      const syllables = 1 + Math.floor(Math.log(words.size + 2) / 4 + 2 * this.random());
      words.add(Array.from({ length: syllables }, () => this.#syllable()).join(''));
    }
    this.#words = [...words];
    let sum = 0;
    this.#upTo = this.#words.map((_word, rank) => {
      sum += 1 / (rank + 2.7);
      return sum;
    });
  }

  /** 0 ≤ x < 1: mulberry32, so that two runs measure the same texts. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  word(): string {
    const at = this.random() * (this.#upTo.at(-1) ?? 0);
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return this.#words[low] ?? '';
  }

  text(words: number): string {
    return Array.from({ length: words }, () => this.word()).join(' ');
  }

  message(): string {
    return this.text(LEAST_WORDS + Math.floor(this.random() * (MOST_WORDS - LEAST_WORDS)));
  }

  #syllable(): string {
    return SYLLABLES[Math.floor(this.random() * SYLLABLES.length)] ?? '';
  }
}

/** A directory that is gone when the process ends. */
export const temporaryHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-bench-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  return home;
};

/** Makes a database whose `default` channel of `local` holds so many messages and replies; says how it gets on. */
export const fillDatabase = (path: string, messages: number): void => {
  const words = new Words(1);
  const db = openDatabase(path);
  // Nobody waits for these, and a crash would only cost another try.
  db.pragma('synchronous = OFF');
  const store = createStore(db);
  store.openPrincipal(PRINCIPAL);
  let saidMs = performance.now();
  for (let at = 0; at < messages; ) {
    db.exec('BEGIN');
    for (const until = Math.min(messages, at + AT_ONCE); at < until; at += 2) {
      const place = { principal: PRINCIPAL, channelId: 'default', messageId: `msg-${at}` };
      store.addMessage({
        ...place,
        clientId: 'bench',
        content: words.message(),
        metadata: null,
        idempotencyKey: null,
        onlyRepeated: false,
        createdAtMs: at,
      });
      const end = {
        finishReason: 'stop',
        totalTokens: 0,
        durationMs: 0,
        usage: null,
        error: null,
        skills: null,
      } as const;
      store.finishReply({ ...place, seq: at + 2 }, { ...end, text: words.message() });
    }
    db.exec('COMMIT');
    if (performance.now() - saidMs > PROGRESS_EVERY_MS) {
      saidMs = performance.now();
      process.stderr.write(`filling a database: ${at} of ${messages} messages\n`);
    }
  }
  db.close();
};

/** The value below which so many of a hundred lie. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
};
