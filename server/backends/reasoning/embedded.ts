/**
 * The embedded engine: no network and no model, and it says so. It repeats the message and quotes
 * what memory recalled, so that everything around a model can be seen to work without one.
 */
import type { Usage } from '../memory/port.js';
import { tokensOf } from './estimate.js';
import type { ReasoningRequest } from './port.js';
import { pieceEnd } from './whole-characters.js';

const MAX_QUOTES = 3;
const MAX_QUOTE_CHARACTERS = 200;

/** It knows no tools. */
type Asked = Pick<ReasoningRequest, 'message' | 'recalled'>;

const shorten = (text: string): string => {
  const characters = [...text.slice(0, 2 * MAX_QUOTE_CHARACTERS + 2)];
  return characters.length <= MAX_QUOTE_CHARACTERS && text.length <= 2 * MAX_QUOTE_CHARACTERS
    ? text
    : `${characters.slice(0, MAX_QUOTE_CHARACTERS - 1).join('')}…`;
};

/** The whole answer: the message in full, and at most three older messages of the user, 200 characters each. */
export const composeAnswer = (request: Asked): string => {
  const quotes = request.recalled
    .filter((turn) => turn.role === 'user')
    .slice(0, MAX_QUOTES)
    .map((turn) => `\n- "${shorten(turn.content)}"`);
  const remembered = quotes.length === 0 ? '' : `\n\nEarlier in this channel you said:${quotes.join('')}`;
  return (
    'This is the embedded engine: no model is configured, so I can only repeat what you said. ' +
    `You said: ${request.message}${remembered}`
  );
};

const isSpace = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  // The others are rare.
  return unit === 0x20 || unit === 0x0a || ((unit < 0x20 || unit > 0x7e) && /\s/.test(text.charAt(at)));
};

/**
 * A text in words, each with the space before it, the last with what is behind it as well; together they are the text.
 * Never half a character, never more than a bounded piece.
 */
export class Words {
  readonly #text: string;
  #at = 0;
  /** Where the word ends that is being given. */
  #wordEnd = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Null after the last. */
  next(): string | null {
    const text = this.#text;
    const start = this.#at;
    if (start === text.length) return null;
    if (start === this.#wordEnd) this.#wordEnd = this.#endOfWord(start);
    this.#at = pieceEnd(text, start, this.#wordEnd);
    return text.slice(start, this.#at);
  }

  #endOfWord(start: number): number {
    const text = this.#text;
    let end = start;
    while (end < text.length && isSpace(text, end)) end += 1;
    while (end < text.length && !isSpace(text, end)) end += 1;
    let next = end;
    while (next < text.length && isSpace(text, next)) next += 1;
    return next === text.length ? next : end;
  }
}

/** What a model would have counted. */
export const estimateUsage = (request: Asked, answer: string): Usage => {
  const recalled = request.recalled.reduce((sum, turn) => sum + tokensOf(turn.content), 0);
  return { input: tokensOf(request.message) + recalled, output: tokensOf(answer), estimated: true };
};
