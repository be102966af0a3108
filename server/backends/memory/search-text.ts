/**
 * How a text becomes the words of the full-text index, and of a query: both must come from here, or they do not meet.
 *
 * Every word carries its channel in front, as six digits. So each channel has an index of its own inside the one
 * table: a search costs what its own channel holds, whatever others have written, and the statistics that rank a
 * word are the channel's. SQLite's tokenizer is left to part them at the spaces between them and to fold the
 * case of ASCII (sqlite.org/fts5.html, "Unicode61").
 *
 * Scripts that do not part their words with spaces are indexed as pairs of neighbouring characters, the usual way
 * where there is no dictionary: `東京都` gives `東京`, `京都` and, for whoever looks for it alone, `都`.
 */

/**
 * What an index was made by, for it must be made anew where that changes: these rules, counted up with every change of
 * what they make of a text, and the tables of Unicode that they are read from.
 */
export const INDEX_RULES = `2 ${process.versions.unicode ?? ''}`;

/** Digits of a channel's number in base 36: room for two billion channels. */
export const CHANNEL_DIGITS = 6;

/** FTS5's tokenizer for such a text: everything but a space belongs to a word. */
export const TOKENIZER = `unicode61 categories 'L* M* N* P* S* C*'`;

/** Letters, numbers and private use, with the marks on them. */
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;
const ASCII_WORD = /[A-Za-z0-9]+/g;
const ASCII = /^[\0-\x7f]*$/;

/** What a character of such a script begins with; a mark belongs to the character before it, whatever that is. */
const LETTER = String.raw`(?!\p{M})[${['Han', 'Hira', 'Kana', 'Hang', 'Thai', 'Laoo', 'Khmr', 'Mymr'].map((script) => `\\p{scx=${script}}`).join('')}]`;
/** A word's parts: characters of such a script, or of any other. */
const PART = new RegExp(String.raw`(?:${LETTER}\p{M}*)+|(?:(?!${LETTER}).)+`, 'gsu');
const UNSPACED = new RegExp(`^${LETTER}`, 'u');
const HAS_UNSPACED = new RegExp(LETTER, 'u');
const CHARACTER = /\P{M}\p{M}*/gu;

/** Joins and hyphens that stand inside words and are not seen (unicode.org/reports/tr44, "Default_Ignorable_Code_Point"). */
const UNSEEN = /\p{DI}/gu;
const ACCENTS = /[\u0300-\u036f]/g;
/**
 * Of a message. The index takes a millisecond for a thousand different words, and one message must not hold the memory
 * up for seconds: of what is longer the beginning is found.
 */
const MAX_INDEXED_CHARS = 64 * 1024;
/** Of a query; recall's is a whole message. */
const MAX_QUERY_CHARS = 4096;
/** Beyond twice its length, and this. */
const MAX_GROWTH_CHARS = 64;
/**
 * More marks on one character than any language needs (unicode.org/reports/tr15, "Stream-Safe Text Format"). Normalizing
 * sorts the marks of a character, in a time that grows with the square of their number.
 */
const TOO_MANY_MARKS = /(\p{M}{30})\p{M}+/gu;

/**
 * Compatible spellings become one (full-width letters, ligatures), and accents go. A few characters stand for
 * whole phrases: a text that would grow by them keeps them.
 */
const normalize = (text: string): string => {
  const bounded = text.replace(UNSEEN, '').replace(TOO_MANY_MARKS, '$1');
  const folded = bounded.normalize('NFKD').replace(ACCENTS, '').normalize('NFC');
  const isShort = folded.length <= 2 * bounded.length + MAX_GROWTH_CHARS;
  // SQLite knows the case of the letters of Unicode 6.1 only.
  return (isShort ? folded : bounded.normalize('NFC')).toLowerCase();
};

/** Neighbouring pairs of a part's characters; none where there is only one. */
const pairsOf = (characters: readonly string[]): string[] =>
  characters.slice(1).map((character, at) => `${characters[at]}${character}`);

const charactersOf = (part: string): string[] => part.match(CHARACTER) ?? [];

/** What stands before each word of a channel. @param channel its number in the database, from 1 */
const prefixOf = (channel: number): string => {
  const digits = channel.toString(36).padStart(CHANNEL_DIGITS, '0');
  if (digits.length > CHANNEL_DIGITS) throw new RangeError(`channel number ${channel} is too large`);
  return digits;
};

/** The text that the index holds for a message of a channel: words and nothing else, one space between two. */
export const indexText = (channel: number, content: string): string => {
  const prefix = prefixOf(channel);
  const text = content.slice(0, MAX_INDEXED_CHARS);
  const tokens = ASCII.test(text) ? (text.match(ASCII_WORD) ?? []) : tokensOf(text);
  return tokens.length === 0 ? '' : prefix + tokens.join(` ${prefix}`);
};

/** A text's words, those of mixed scripts in their parts. */
function* partsOf(text: string): Generator<string> {
  const ascii = ASCII.test(text);
  for (const [word] of ascii ? text.matchAll(ASCII_WORD) : normalize(text).matchAll(WORD)) {
    if (ascii || !HAS_UNSPACED.test(word)) yield word;
    else for (const [part] of word.matchAll(PART)) yield part;
  }
}

const tokensOf = (content: string): string[] => {
  const tokens: string[] = [];
  for (const part of partsOf(content)) {
    if (!UNSPACED.test(part)) tokens.push(part);
    else {
      const characters = charactersOf(part);
      // One by one: a part may be as long as a message, and that is too many for arguments.
      for (const pair of pairsOf(characters)) tokens.push(pair);
      tokens.push(characters.at(-1) ?? '');
    }
  }
  return tokens;
};

/** Something to look for. */
export interface Term {
  /** In the index they stand side by side. */
  readonly tokens: readonly string[];
  /** The last token may be the beginning of a word. */
  readonly open: boolean;
  /** It is not for the first time that it is said. */
  readonly again: boolean;
}

/**
 * The first `most` different terms of a text, in the order in which each comes last. Of a long text, the beginning.
 * @param parts how many characters of a script without spaces must be found together: all, or each pair by itself
 */
export const termsOf = (text: string, parts: 'whole' | 'pairs', most: number): Term[] => {
  const terms = new Map<string, Term>();
  const add = (tokens: readonly string[], open: boolean): void => {
    const key = tokens.join(' ');
    const again = terms.delete(key);
    terms.set(key, { tokens, open, again });
  };
  for (const part of partsOf(text.slice(0, MAX_QUERY_CHARS))) {
    if (!UNSPACED.test(part)) add([part], false);
    else {
      const characters = charactersOf(part);
      // A single character begins the pair that it stands in.
      if (characters.length === 1) add(characters, true);
      else if (parts === 'whole') add(pairsOf(characters), false);
      else for (const pair of pairsOf(characters)) add([pair], false);
    }
    if (terms.size >= most) break;
  }
  return [...terms.values()].slice(0, most);
};

/** A term as an FTS5 string: its tokens hold nothing but letters, numbers and marks, so none can end it. */
export const phrase = (channel: number, { tokens, open }: Pick<Term, 'tokens' | 'open'>): string => {
  const prefix = prefixOf(channel);
  return `"${tokens.map((token) => prefix + token).join(' ')}"${open ? ' *' : ''}`;
};
