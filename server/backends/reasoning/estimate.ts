/** What a model would have counted, by the rule of four bytes a token. */
import type { Conversation } from './conversation.js';

export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** Of everything that the model is asked. */
export const inputTokensOf = ({ system, turns, steps, tools }: Conversation): number => {
  let tokens = tokensOf(system);
  for (const { content } of turns) tokens += tokensOf(content);
  for (const { text, outcomes } of steps) {
    tokens += tokensOf(text);
    for (const { call, content } of outcomes) tokens += tokensOf(call.argumentsJson) + tokensOf(content);
  }
  if (tools.length > 0) tokens += tokensOf(JSON.stringify(tools));
  return tokens;
};

/** A count that a provider has sent, where it is one. */
export const counted = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
