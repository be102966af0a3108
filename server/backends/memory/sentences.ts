/**
 * A summary made by choosing: of everything that was said, the sentences that say most, in the order
 * in which they were said. No model, no network; the same input always gives the same choice.
 */

export type Speaker =
  | 'user'
  | 'assistant'
  /** A summary that a provider wrote earlier. */
  | 'summary';

export interface Said {
  readonly by: Speaker;
  readonly text: string;
}

/** Of one text, how much is looked at: what is longer is pasted more often than said. */
const MAX_TEXT_CHARS = 8 * 1024;
const MAX_SENTENCES_PER_TEXT = 128;
/** A longer sentence is a table, a log or code; its beginning stands for it. */
const MAX_SENTENCE_CHARS = 300;
const MAX_WORD_CHARS = 64;
/** What a word weighs that is in most sentences: next to nothing, so that two sentences of such words can still be told to be the same. */
const LEAST_WEIGHT = 0.01;
/** A sentence of which less than this share is new says again what was chosen before it. */
const LEAST_NEWS = 1 / 3;
/** Of the room, what an earlier summary's sentences may have to themselves; for the rest they compete. */
const EARLIER_SHARE = 1 / 2;

/** What a reply's sentence counts beside a message's: replies repeat messages, and a model can say its own again. */
const REPLY_SHARE = 0.9;
/** Less room than this is not looked into any further. */
const LEAST_BYTES = 12;

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'sentence' });
/** White space, control characters and halves of characters: none of it is said. */
const UNSAID = /[\s\p{Cc}\p{Cs}]+/gu;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
/** Scripts that write no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The first `max` code units, less half a character; where it can be, up to the end of a word. */
export const beginning = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const space = text.lastIndexOf(' ', max);
  if (space > max / 2) return text.slice(0, space);
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
};

/** A text on one line, as it is quoted. */
export const onOneLine = (text: string): string => text.replace(UNSAID, ' ').trim();

/** The sentences of a text that have a word in them, each {@link onOneLine}; a long one's beginning. Bounded, whatever the text. */
export function* sentencesOf(text: string): Generator<string> {
  let left = MAX_SENTENCES_PER_TEXT;
  for (const { segment } of SEGMENTER.segment(text.slice(0, MAX_TEXT_CHARS))) {
    if (left === 0) return;
    left -= 1;
    const sentence = beginning(onOneLine(segment), MAX_SENTENCE_CHARS).trim();
    if (sentence.search(WORD) !== -1) yield sentence;
  }
}

/** The different words of a sentence; where nothing divides them, pairs of characters stand for them. */
const wordsOf = (sentence: string): ReadonlySet<string> => {
  const words = new Set<string>();
  for (const [word] of sentence.toLowerCase().matchAll(WORD)) {
    if (!UNSPACED.test(word)) {
      words.add(word.slice(0, MAX_WORD_CHARS));
      continue;
    }
    const characters = [...word];
    if (characters.length === 1) words.add(word);
    for (let at = 1; at < characters.length; at += 1) words.add(`${characters[at - 1]}${characters[at]}`);
  }
  return words;
};

interface Candidate extends Said {
  readonly order: number;
  readonly earlier: boolean;
  readonly words: ReadonlySet<string>;
  score: number;
}

interface Spread {
  sentences: number;
  /** Messages, and sentences of an earlier summary: each of those comes from another one. */
  sources: number;
  lastSource: number;
}

/** What every word weighs: much where several messages say it, little where most sentences do. */
const weigh = (spreads: ReadonlyMap<string, Spread>, sentences: number): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>();
  for (const [word, spread] of spreads) {
    const rarity = Math.max(0, Math.log(sentences / (2 * spread.sentences)));
    weights.set(word, LEAST_WEIGHT + Math.log2(1 + spread.sources) * rarity ** 2);
  }
  return weights;
};

class Candidates {
  readonly all: Candidate[] = [];
  readonly #spreads = new Map<string, Spread>();
  #sources = 0;

  /** Sentences of one message, or one of an earlier summary. */
  add(by: Speaker, sentences: Iterable<string>, earlier: boolean): void {
    this.#sources += 1;
    // A text that says one thing a hundred times says it once.
    for (const text of new Set(sentences)) {
      const words = wordsOf(text);
      this.all.push({ by, text, earlier, words, order: this.all.length, score: 0 });
      for (const word of words) this.#count(word);
    }
  }

  /** Scores all of them, and says what each word weighs. */
  score(): ReadonlyMap<string, number> {
    const weights = weigh(this.#spreads, this.all.length);
    for (const candidate of this.all) {
      let sum = 0;
      for (const word of candidate.words) sum += weights.get(word) ?? 0;
      // Neither the longest sentence nor the shortest is the best one for its length alone.
      candidate.score =
        (sum / Math.sqrt(candidate.words.size)) * (candidate.by === 'assistant' ? REPLY_SHARE : 1);
    }
    return weights;
  }

  #count(word: string): void {
    const spread = this.#spreads.get(word);
    if (spread === undefined) {
      this.#spreads.set(word, { sentences: 1, sources: 1, lastSource: this.#sources });
      return;
    }
    spread.sentences += 1;
    if (spread.lastSource !== this.#sources) spread.sources += 1;
    spread.lastSource = this.#sources;
  }
}

/** How many bytes of a summary a sentence takes. */
export type SizeBytes = (said: Said) => number;

/**
 * The best sentences of an earlier summary, given as sentences, and of the messages behind it, as many
 * as fit `maxBytes`, in their order. What is said twice is chosen once. Takes time in proportion to its input, which is looked
 * at within bounds (see {@link sentencesOf}).
 */
export const chooseSentences = (
  earlier: readonly Said[],
  messages: readonly Said[],
  maxBytes: number,
  sizeBytes: SizeBytes,
): readonly Said[] => {
  const candidates = new Candidates();
  for (const { by, text } of earlier) candidates.add(by, [text], true);
  for (const { by, text } of messages) candidates.add(by, sentencesOf(text), false);
  const weights = candidates.score();
  const ranked = [...candidates.all].sort((a, b) => b.score - a.score || b.order - a.order);
  const chosen = new Set<Candidate>();
  const covered = new Set<string>();

  const isNews = ({ words }: Candidate): boolean => {
    let whole = 0;
    let news = 0;
    for (const word of words) {
      const weight = weights.get(word) ?? 0;
      whole += weight;
      if (!covered.has(word)) news += weight;
    }
    return news >= whole * LEAST_NEWS;
  };
  let usedBytes = 0;
  const choose = (from: readonly Candidate[], untilBytes: number): void => {
    for (const candidate of from) {
      if (usedBytes + LEAST_BYTES > untilBytes) return;
      const bytes = sizeBytes(candidate);
      if (chosen.has(candidate) || usedBytes + bytes > untilBytes || !isNews(candidate)) continue;
      usedBytes += bytes;
      chosen.add(candidate);
      for (const word of candidate.words) covered.add(word);
    }
  };
  choose(
    ranked.filter((candidate) => candidate.earlier),
    maxBytes * EARLIER_SHARE,
  );
  choose(ranked, maxBytes);
  return [...chosen].sort((a, b) => a.order - b.order).map(({ by, text }) => ({ by, text }));
};
