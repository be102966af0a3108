/** Channels that are short enough to be recalled as a whole: what is recalled then does not depend on the index. */
import type { Database, Statement } from 'better-sqlite3';
import { BYTES_PER_TOKEN } from './tokens.js';

/** More messages than that are not counted. */
const MAX_COUNTED = 64;
/** Of a recall's tokens; a summary takes a quarter at most. */
const SHARE = 3 / 4;

export class ShortChannels {
  readonly #size: Statement<[channel: number, before: number], { messages: number; bytes: number }>;

  constructor(db: Database) {
    this.#size = db.prepare(
      `SELECT count(*) AS messages, coalesce(sum(octet_length(content)), 0) AS bytes FROM
         (SELECT content FROM messages WHERE channel = ? AND seq < ? LIMIT ${MAX_COUNTED})`,
    );
  }

  /** Whether all that was said in a channel before `beforeSeq` fits into a recall of so many tokens. */
  has(channel: number, beforeSeq: number, maxTokens: number): boolean {
    const { messages, bytes } = this.#size.get(channel, beforeSeq) ?? { messages: 0, bytes: 0 };
    // Each message is rounded up to whole tokens by itself.
    return messages < MAX_COUNTED && bytes / BYTES_PER_TOKEN + messages <= maxTokens * SHARE;
  }
}
