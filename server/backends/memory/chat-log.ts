/** The messages of the channels and the replies to them. */
import type { Database, Statement } from 'better-sqlite3';
import type { FinishReason } from '../../../schemas/define.js';
import type { Channels } from './channels.js';
import { IdempotencyKeys } from './idempotency.js';
import type {
  AddMessageOutcome,
  HistoryPage,
  NewMessage,
  ReplyEnd,
  ReplyError,
  ReplyRef,
  SkillUse,
  StoredMessage,
  StoredReply,
  Usage,
} from './port.js';

/** What a message of a page costs besides its content: ids, times and the JSON around them. */
const MESSAGE_OVERHEAD_BYTES = 200;

interface MessageRow {
  readonly messageId: string;
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly createdAtMs: number;
  readonly finishReason: FinishReason | null;
  readonly content: string;
  /** Of a reply, as JSON: `{"skills":[…]}`. */
  readonly metadata: string | null;
}

interface ReplyRow {
  readonly channelId: string;
  readonly seq: number;
  readonly text: string;
  readonly finishReason: FinishReason | null;
  readonly totalTokens: number;
  readonly durationMs: number;
  /** JSON, like `error`. */
  readonly usage: string | null;
  readonly error: string | null;
}

/** An open reply by its {@link ReplyRef}. The id as well as the seq: a channel's id may come to be used again. */
const THAT_OPEN_REPLY = `
  channel = (SELECT id FROM channels WHERE principal = ? AND channel_id = ?)
  AND seq = ? AND message_id = ? AND role = 'assistant' AND finish_reason IS NULL`;
type ThatReply = [principal: string, channelId: string, seq: number, messageId: string];

const json = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

/** What is stored of an open reply's skills is what a crash would make of them; of one that goes on it is not true. */
const message = (row: MessageRow): StoredMessage => {
  const { finishReason, metadata, ...rest } = row;
  const { skills = null } = JSON.parse(metadata ?? '{}') as { skills?: readonly SkillUse[] };
  return {
    ...rest,
    ...(finishReason === null ? {} : { finishReason }),
    ...(skills === null || finishReason === null ? {} : { skills }),
  };
};

const encodedBytes = (content: string): number => Buffer.byteLength(JSON.stringify(content));

/** The port's calls on messages and replies, as it describes them, run at once on an open database. */
export class ChatLog {
  readonly #channels: Channels;
  readonly #idempotency: IdempotencyKeys;
  readonly #newestSeq: Statement<[channel: number], { seq: number | null; removed: number }>;
  readonly #insertMessage: Statement<
    [
      channel: number,
      seq: number,
      messageId: string,
      clientId: string,
      createdAtMs: number,
      metadata: string | null,
      content: string,
    ]
  >;
  readonly #insertReply: Statement<[channel: number, seq: number, messageId: string, createdAtMs: number]>;
  readonly #append: Statement<[text: string, metadata: string | null, ...ThatReply]>;
  readonly #finish: Statement<
    [
      text: string,
      finishReason: FinishReason,
      totalTokens: number,
      durationMs: number,
      usage: string | null,
      error: string | null,
      metadata: string | null,
      ...ThatReply,
    ]
  >;
  readonly #findReply: Statement<[messageId: string, principal: string], ReplyRow>;
  readonly #page: Statement<[channel: number, before: number, limit: number], MessageRow>;

  constructor(db: Database, channels: Channels) {
    this.#channels = channels;
    this.#idempotency = new IdempotencyKeys(db);
    this.#newestSeq = db.prepare(
      `SELECT (SELECT max(seq) FROM messages WHERE channel = channels.id) AS seq, removed_seq AS removed
       FROM channels WHERE id = ?`,
    );
    this.#insertMessage = db.prepare(
      `INSERT INTO messages (channel, seq, message_id, role, client_id, created_at_ms, metadata, content)
       VALUES (?, ?, ?, 'user', ?, ?, ?, ?)`,
    );
    this.#insertReply = db.prepare(
      `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content)
       VALUES (?, ?, ?, 'assistant', ?, '')`,
    );
    this.#append = db.prepare(
      `UPDATE messages SET content = content || ?, metadata = coalesce(?, metadata) WHERE ${THAT_OPEN_REPLY}`,
    );
    this.#finish = db.prepare(
      `UPDATE messages SET content = content || ?, finish_reason = ?, total_tokens = ?, duration_ms = ?,
         usage = ?, error = ?, metadata = ?
       WHERE ${THAT_OPEN_REPLY}`,
    );
    this.#findReply = db.prepare(
      `SELECT channel_id AS channelId, seq, content AS text, finish_reason AS finishReason,
         total_tokens AS totalTokens, duration_ms AS durationMs, usage, error
       FROM messages JOIN channels ON channels.id = messages.channel
       WHERE message_id = ? AND role = 'assistant' AND principal = ?`,
    );
    this.#page = db.prepare(
      `SELECT message_id AS messageId, seq, role, created_at_ms AS createdAtMs,
         finish_reason AS finishReason, content, iif(role = 'assistant', metadata, NULL) AS metadata
       FROM messages WHERE channel = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    );
  }

  add(added: NewMessage): AddMessageOutcome {
    const { principal, channelId, messageId, clientId, content, metadata, idempotencyKey, createdAtMs } =
      added;
    if (idempotencyKey !== null) {
      const earlier = this.#idempotency.find(principal, idempotencyKey, content, createdAtMs);
      if (earlier !== null) return earlier;
    }
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return { outcome: 'no-channel' };
    if (added.onlyRepeated) return { outcome: 'no-room' };
    const newest = this.#newestSeq.get(channel);
    // An import may have brought messages back from before those that were removed.
    const seq = Math.max(newest?.seq ?? 0, newest?.removed ?? 0) + 1;
    this.#insertMessage.run(channel, seq, messageId, clientId, createdAtMs, json(metadata), content);
    this.#insertReply.run(channel, seq + 1, messageId, createdAtMs);
    if (idempotencyKey !== null) this.#idempotency.remember(idempotencyKey, channel, seq, added);
    return { outcome: 'stored', seq };
  }

  append(
    { principal, channelId, seq, messageId }: ReplyRef,
    text: string,
    skills: readonly SkillUse[] | null,
  ): void {
    const metadata = json(skills === null ? null : { skills });
    this.#append.run(text, metadata, principal, channelId, seq, messageId);
  }

  finish({ principal, channelId, seq, messageId }: ReplyRef, end: ReplyEnd): void {
    const { text, finishReason, totalTokens, durationMs, usage, error, skills } = end;
    this.#finish.run(
      text,
      finishReason,
      totalTokens,
      durationMs,
      json(usage),
      json(error),
      json(skills === null ? null : { skills }),
      principal,
      channelId,
      seq,
      messageId,
    );
  }

  findReply(principal: string, messageId: string): StoredReply | null {
    const row = this.#findReply.get(messageId, principal);
    if (row === undefined) return null;
    return {
      ...row,
      usage: row.usage === null ? null : (JSON.parse(row.usage) as Usage),
      error: row.error === null ? null : (JSON.parse(row.error) as ReplyError),
    };
  }

  history(
    principal: string,
    channelId: string,
    page: { readonly before: number | null; readonly limit: number; readonly maxBytes: number },
  ): HistoryPage | null {
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) return null;
    const messages: StoredMessage[] = [];
    let leftBytes = page.maxBytes;
    let hasMore = false;
    // One row more than asked for tells whether there is one; rows are read only as far as they fit.
    for (const row of this.#page.iterate(channel, page.before ?? Number.MAX_SAFE_INTEGER, page.limit + 1)) {
      leftBytes -= encodedBytes(row.content) + Buffer.byteLength(row.metadata ?? '') + MESSAGE_OVERHEAD_BYTES;
      hasMore = messages.length === page.limit || (leftBytes < 0 && messages.length > 0);
      if (hasMore) break;
      messages.push(message(row));
    }
    return { messages: messages.reverse(), hasMore };
  }
}
