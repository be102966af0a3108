/**
 * The memory port: what the gateway needs from a store of channels and messages.
 *
 * Every call may take time and is answered later, in the order of the calls: a call sees what
 * the calls before it wrote. A write's promise resolves only once it would survive a power
 * loss. Expected outcomes are values; a promise rejects (with {@link MemoryError}) only where
 * the store itself failed.
 *
 * Everything is addressed by (principal, channel id): a channel of another principal is "not
 * found" like one that does not exist.
 */
import type { FinishReason } from '../../../schemas/define.js';
import type { MemoryOperator } from './operator-port.js';

export type * from './operator-port.js';

/** Free-form JSON object; its size and depth were checked before. */
export type Metadata = { readonly [key: string]: unknown };

export interface ChannelRecord {
  readonly channelId: string;
  readonly name: string;
  readonly metadata: Metadata;
  /** Milliseconds since the epoch, like every `…AtMs` here. */
  readonly createdAtMs: number;
}

export interface ChannelSummary extends ChannelRecord {
  /** Messages and replies together. */
  readonly messageCount: number;
  /** Time of the newest message or reply, or of creation where there is none. */
  readonly lastActivityAtMs: number;
}

export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly estimated?: boolean;
}

export interface ReplyError {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly provider: string; readonly retryable: boolean };
}

export interface StoredMessage {
  readonly messageId: string;
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly createdAtMs: number;
  /** Only on a reply that has ended. */
  readonly finishReason?: FinishReason;
  /** Only on a reply that has used some. */
  readonly skills?: readonly SkillUse[];
}

export interface NewMessage {
  readonly principal: string;
  readonly channelId: string;
  readonly messageId: string;
  readonly clientId: string;
  readonly content: string;
  readonly metadata: Metadata | null;
  /** Per principal; remembered for 24 hours. */
  readonly idempotencyKey: string | null;
  /** There is no room for a new message: answer only if its key came before. */
  readonly onlyRepeated: boolean;
  readonly createdAtMs: number;
}

export type AddMessageOutcome =
  /** Stored as `seq`; its reply's row stands at `seq + 1`, empty and open. */
  | { readonly outcome: 'stored'; readonly seq: number }
  /** The same key with the same message came before: this was its answer. */
  | {
      readonly outcome: 'repeated';
      readonly messageId: string;
      readonly channelId: string;
      readonly seq: number;
    }
  /** The same key came before with another message. */
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'no-channel' }
  /** `onlyRepeated` was set, and this is a new message: it was not stored. */
  | { readonly outcome: 'no-room' };

/** Which reply: the one to `messageId`, at `seq` (the reply's own, the message's plus one). */
export interface ReplyRef {
  readonly principal: string;
  readonly channelId: string;
  readonly messageId: string;
  readonly seq: number;
}

export interface ReplyEnd {
  /** What came since the last `appendReply`. */
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly totalTokens: number;
  readonly durationMs: number;
  readonly usage: Usage | null;
  readonly error: ReplyError | null;
  /** What it has used, in the order in which that ended; null: nothing. As JSON at most `PROTOCOL.maxMetadataBytes`. */
  readonly skills: readonly SkillUse[] | null;
}

/** A skill that a reply has used, as `chat.history` gives it. */
export interface SkillUse {
  readonly invocation_id: string;
  readonly skill: string;
  /** Left out where they are long or deep. */
  readonly arguments?: { readonly [key: string]: unknown };
  readonly ok: boolean;
  /** The beginning of what came of it. */
  readonly content: string;
}

/** A reply as stored: ended where `finishReason` is set. */
export interface StoredReply {
  readonly channelId: string;
  readonly seq: number;
  readonly text: string;
  readonly finishReason: FinishReason | null;
  readonly totalTokens: number;
  readonly durationMs: number;
  readonly usage: Usage | null;
  readonly error: ReplyError | null;
}

export interface HistoryPage {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  readonly hasMore: boolean;
}

export interface SearchHit {
  readonly messageId: string;
  readonly channelId: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  /** Higher is better. */
  readonly score: number;
  readonly createdAtMs: number;
}

export interface RecalledMessage {
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What stands for the older part of a channel. */
export interface RecalledSummary {
  /** Of the newest message it covers. */
  readonly seq: number;
  readonly role: 'summary';
  readonly content: string;
}

/** Which of a channel's messages are to be summarized, and in how much room. Replies are messages, too. */
export interface SummaryAsk {
  /** Nothing is due unless more messages than this stand behind the summary. */
  readonly moreThan: number;
  /** So many of the newest are left as they are. */
  readonly keepNewest: number;
  /** Of the summary, estimated; the store has a limit of its own, too. */
  readonly maxTokens: number;
  /** Messages from before are passed over: they will be removed soon, and with them a summary that has their words. */
  readonly passOverBeforeMs: number;
  readonly nowMs: number;
}

/** Which state of a channel a text was written for. Whoever gets one gives it back as it is. */
export interface SummaryMark {
  readonly afterSeq: number;
  readonly uptoSeq: number;
  readonly uptoMessageId: string;
  readonly fromAtMs: number;
}

/** One summary to be written: of the summary before and the messages behind it. */
export interface SummaryStep {
  readonly previous: string | null;
  /** Oldest first; of a very long one the beginning. */
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
  /** Of the text that is to be written, estimated; what is beyond is cut off. */
  readonly maxTokens: number;
  readonly mark: SummaryMark;
}

export interface Summarized {
  /** False: nothing was due, or the text was of a state that is no more. */
  readonly stored: boolean;
  /** There is more to summarize now. */
  readonly more: boolean;
  /** Everything up to this seq is summarized, or gone. */
  readonly uptoSeq: number;
}

/** One notification as it is kept: once, or again and again on a cron schedule. */
export interface StoredNotification {
  /** Sorts by creation. */
  readonly notificationId: string;
  readonly principal: string;
  /** Null: for every client of the principal. */
  readonly clientId: string | null;
  readonly type: string;
  readonly msg: string;
  readonly createdAtMs: number;
  /** From when on it is to be delivered; with `cron`, the occurrence that has not been settled yet. */
  readonly dueAtMs: number;
  readonly cron: string | null;
}

/** A delivered occurrence: of which notification, and what comes after it. */
export interface SettledOccurrence {
  readonly notificationId: string;
  readonly dueAtMs: number;
  /** Null: nothing, the notification is done. */
  readonly nextDueAtMs: number | null;
}

/** The store failed: its own words stay in the log, a client sees −32603 with a trace id. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
}

export interface MemoryPort extends MemoryOperator {
  /** The principal's channels, oldest first; makes `default` (named "default") on first use. */
  openPrincipal(principal: string): Promise<readonly { channelId: string; name: string }[]>;

  /** `limit-reached` where the principal has `maxChannels` already, `default` included. */
  createChannel(
    principal: string,
    channel: ChannelRecord,
    maxChannels: number,
  ): Promise<'created' | 'limit-reached'>;
  listChannels(principal: string): Promise<readonly ChannelSummary[]>;
  /** Null: no such channel. Members left out stay as they are. */
  updateChannel(
    principal: string,
    channelId: string,
    change: { readonly name?: string; readonly metadata?: Metadata },
  ): Promise<ChannelRecord | null>;
  /** Erases the channel, its messages, and what indexes them or stands for their meaning. False: no such channel. */
  deleteChannel(principal: string, channelId: string): Promise<boolean>;

  /** Stores a message and, at the next seq, the empty row of its reply, in one transaction. */
  addMessage(message: NewMessage): Promise<AddMessageOutcome>;
  /**
   * Adds to an open reply's text. Does nothing where the reply has ended or its channel is gone.
   * @param skills what it has used so far, in place of what was said before; null: that stays
   */
  appendReply(reply: ReplyRef, text: string, skills?: readonly SkillUse[] | null): Promise<void>;
  /** Ends an open reply. Does nothing where it has ended or its channel is gone. */
  finishReply(reply: ReplyRef, end: ReplyEnd): Promise<void>;
  /** The reply to a message, by the message's id. */
  findReply(principal: string, messageId: string): Promise<StoredReply | null>;

  /**
   * Messages and replies below `before` (null: from the newest), oldest first: at most `limit`,
   * and as many as fit `maxBytes` of JSON-encoded content, but never none where there is one.
   * Null: no such channel.
   */
  history(
    principal: string,
    channelId: string,
    page: { readonly before: number | null; readonly limit: number; readonly maxBytes: number },
  ): Promise<HistoryPage | null>;

  /**
   * What a model should see of a channel when it answers `query` at `beforeSeq`: the last turns
   * and the best older matches below that seq, newest first, none twice, and last the summary of
   * what is older, unless all that it covers was chosen. At most `maxTokens` (estimated) together,
   * a quarter of them for the summary.
   */
  recall(
    principal: string,
    channelId: string,
    ask: { readonly query: string; readonly beforeSeq: number; readonly maxTokens: number },
  ): Promise<readonly (RecalledMessage | RecalledSummary)[]>;

  /**
   * What a provider is to summarize next. Null: nothing is due, or it is more than one text should
   * cover, or nothing that has words; {@link summarize} goes on by itself then.
   */
  nextToSummarize(principal: string, channelId: string, ask: SummaryAsk): Promise<SummaryStep | null>;
  /**
   * Takes one step of bounded work: stores a summary that reaches further than the one before. Its text is the
   * one that was written for {@link nextToSummarize}, or else the sentences that say most. Messages stay as they are;
   * one whose reply is open is not summarized, nor is what comes behind it.
   */
  summarize(
    principal: string,
    channelId: string,
    ask: SummaryAsk,
    written: { readonly mark: SummaryMark; readonly text: string } | null,
  ): Promise<Summarized>;

  /**
   * Full-text search; `query` is words, never syntax. An implementation that knows what texts mean also finds, like
   * `recall`, what is near in meaning. Null: no such channel.
   */
  search(
    principal: string,
    channelId: string,
    ask: { readonly query: string; readonly limit: number },
  ): Promise<readonly SearchHit[] | null>;

  /** Keeps a notification. `limit-reached` where the principal has `maxNotifications` already. */
  addNotification(
    notification: StoredNotification,
    maxNotifications: number,
  ): Promise<'added' | 'limit-reached'>;
  /** A principal's notifications behind the id `after` (null: from the first), oldest first, at most `limit`. */
  listNotifications(
    principal: string,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly StoredNotification[]>;
  /**
   * Removes what was delivered, or moves it to its next occurrence. Does nothing where the
   * notification is gone or no longer at that occurrence.
   */
  settleNotifications(settled: readonly SettledOccurrence[]): Promise<void>;
  /** Removes a notification, whosever it is. Its principal's name; null: there is none of that id. */
  cancelNotification(notificationId: string): Promise<string | null>;

  /** Notes when a token was last used; by the token's hash. */
  tokenUsed(tokenHash: string, atMs: number): Promise<void>;
  /** When each token was last used, by hash. */
  tokensLastUsed(): Promise<ReadonlyMap<string, number>>;

  /** Ends what is under way, commits it, and closes. */
  close(): Promise<void>;
}
