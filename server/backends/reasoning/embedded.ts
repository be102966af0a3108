/**
 * The embedded engine: no network and no model, and it says so. It repeats the message and quotes
 * what memory recalled, so that everything around a model can be seen to work without one.
 */
import type { Usage } from '../memory/port.js';
import { tokensOf } from './estimate.js';
import type { ReasoningRequest } from './port.js';
import { piecesOf } from './whole-characters.js';

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

/** A text in words, each with the space before it; together they are the text. Never half a character. */
export function* words(text: string): Generator<string> {
  const word = /\s*\S+\s*$|\s*\S+|\s+/gu;
  // Each match begins where the one before ends.
  for (let start = 0; word.test(text); start = word.lastIndex) {
    yield* piecesOf(text.slice(start, word.lastIndex));
  }
}

/** What a model would have counted. */
export const estimateUsage = (request: Asked, answer: string): Usage => {
  const recalled = request.recalled.reduce((sum, turn) => sum + tokensOf(turn.content), 0);
  return { input: tokensOf(request.message) + recalled, output: tokensOf(answer), estimated: true };
};
