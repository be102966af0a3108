/** How a summary stands in the database: a line for each sentence, which says whose it is; or a provider's own text. */
import { chooseSentences, onOneLine, type Said, type Speaker, sentencesOf } from './sentences.js';
import { BYTES_PER_TOKEN, tokensOf } from './tokens.js';

export type SummarySource = 'provider' | 'sentences';

export interface SummaryText {
  readonly source: SummarySource;
  readonly content: string;
}

/** A sentence is on one line, so nobody can put a line into another's mouth. */
const lineOf = ({ by, text }: Said): string => `${by}: ${text}`;

const LINE = /^(user|assistant|summary): (.+)$/;

/** The sentences of a summary, by whom. */
const saidIn = ({ source, content }: SummaryText): readonly Said[] => {
  if (source === 'provider') return [...sentencesOf(content)].map((text) => ({ by: 'summary', text }));
  return content.split('\n').flatMap((line) => {
    const [, by, text] = LINE.exec(line) ?? [];
    return by === undefined || text === undefined ? [] : [{ by: by as Speaker, text }];
  });
};

/** Lines of at most `maxTokens` together. */
const roomFor = (maxTokens: number): number => maxTokens * BYTES_PER_TOKEN + 1;
const sizeBytes = (said: Said): number => Buffer.byteLength(lineOf(said)) + 1;

/** A summary of an earlier one and what was said since, of at most `maxTokens` (estimated). Empty where nothing was said, or nothing fits. */
export const summarizeBySentences = (
  previous: SummaryText | null,
  messages: readonly Said[],
  maxTokens: number,
): SummaryText => {
  const earlier = previous === null ? [] : saidIn(previous);
  const chosen = chooseSentences(earlier, messages, roomFor(maxTokens), sizeBytes);
  return { source: 'sentences', content: chosen.map(lineOf).join('\n') };
};

/** The beginning of a text that is longer than `maxTokens`, up to the end of a sentence; empty where not even one fits. */
const firstSentences = (text: string, maxTokens: number): string => {
  const most = maxTokens * BYTES_PER_TOKEN;
  const sentences = [...sentencesOf(text.slice(0, most))];
  // The last one is whole by chance only.
  if (text.length > most && sentences.length > 1) sentences.pop();
  const kept: string[] = [];
  let leftBytes = roomFor(maxTokens);
  for (const sentence of sentences) {
    leftBytes -= Buffer.byteLength(sentence) + 1;
    if (leftBytes < 0) break;
    kept.push(sentence);
  }
  return kept.join(' ');
};

/** A summary in at most `maxTokens`; empty where nothing of it fits. */
export const shortened = (summary: SummaryText, maxTokens: number): string => {
  if (tokensOf(summary.content) <= maxTokens) return summary.content;
  if (summary.source === 'sentences') return summarizeBySentences(summary, [], maxTokens).content;
  return firstSentences(summary.content, maxTokens);
};

/** A provider's text as it is kept; null where it says nothing that fits. */
export const acceptText = (text: string, maxTokens: number): SummaryText | null => {
  const isShort = text.length <= maxTokens * BYTES_PER_TOKEN && tokensOf(text) <= maxTokens;
  const content = isShort
    ? text.split('\n').map(onOneLine).join('\n').trim()
    : firstSentences(text, maxTokens);
  return content === '' ? null : { source: 'provider', content };
};
