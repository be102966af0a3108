/** Turns what a person typed into an FTS5 query in which every word is data. */

/**
 * Words that count. BM25 looks every one of them up in the whole index, so their number bounds
 * the cost of a query.
 */
const MAX_WORDS = 32;

/** What SQLite's unicode61 keeps of a text (letters, numbers, private use), with the marks on them. */
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;

/** The first {@link MAX_WORDS} different words of a text, in its order. */
const wordsOf = (text: string): string[] => {
  const words = new Set<string>();
  for (const [word] of text.matchAll(WORD)) {
    words.add(word);
    if (words.size === MAX_WORDS) break;
  }
  return [...words];
};

/** A word is matched by {@link WORD}, so it holds no quote, star or NUL that could end the string. */
const quote = (word: string): string => `"${word}"`;

const within = (channel: number, expression: string): string =>
  `channel : "${channel}" AND content : (${expression})`;

/**
 * A query for texts that have every word of `text`, the last one also as the beginning of a
 * word (someone may still be typing it). Null: no word in it.
 */
export const allWords = (channel: number, text: string): string | null => {
  const words = wordsOf(text);
  return words.length === 0 ? null : within(channel, `${words.map(quote).join(' ')} *`);
};

/** A query for texts that have any word of `text`. Null: no word in it. */
export const anyWord = (channel: number, text: string): string | null => {
  const words = wordsOf(text);
  return words.length === 0 ? null : within(channel, words.map(quote).join(' OR '));
};
