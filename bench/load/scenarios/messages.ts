/** What is said, so that an engine that repeats it streams for as long as is wanted. */

/** Beneath a gateway's default limit of one message, its envelope included. */
const MAX_MESSAGE_BYTES = 900 * 1024;

/** A message of so many words, each of `wordBytes` with the space before it; as many as one message may have. */
export const messageOf = (words: number, wordBytes: number): string => {
  const count = Math.max(1, Math.min(Math.ceil(words), Math.floor(MAX_MESSAGE_BYTES / wordBytes)));
  return Array.from({ length: count }, () => 'w'.repeat(Math.max(1, wordBytes - 1))).join(' ');
};
