/** The part of the memory port that is the operator's: looking after the store while it is in use. */

/** What the store holds; channels that are being erased are not counted. */
export interface MemoryStats {
  readonly schemaVersion: number;
  /** What is still in the log alone included, and `freeBytes`. */
  readonly databaseBytes: number;
  /** Of the write-ahead log's file. */
  readonly logBytes: number;
  /** What {@link MemoryOperator.vacuum} can give back. */
  readonly freeBytes: number;
  readonly principals: number;
  readonly channels: number;
  /** Messages and replies together. */
  readonly messages: number;
  readonly openReplies: number;
  readonly notifications: number;
  /** Null where there is no message. */
  readonly oldestMessageAtMs: number | null;
  readonly newestMessageAtMs: number | null;
}

export interface MemoryProblem {
  /** `index`: the full-text index alone, which can be made anew from the messages. */
  readonly check: 'integrity' | 'foreign_keys' | 'index';
  /** A few words that hold nothing of what anyone said. */
  readonly message: string;
}

export interface OpenReply {
  readonly principal: string;
  readonly messageId: string;
  readonly createdAtMs: number;
}

export interface MemoryCheck {
  /** None: the store is sound. */
  readonly problems: readonly MemoryProblem[];
  /** Replies that had not ended when the check began, oldest first, the first thousand. */
  readonly openReplies: readonly OpenReply[];
}

export type BackupOutcome =
  | {
      readonly outcome: 'written';
      /** Absolute. */
      readonly path: string;
      readonly bytes: number;
      readonly channels: number;
      readonly messages: number;
    }
  /** There is a backup of that name, and it was not to be replaced. */
  | { readonly outcome: 'exists'; readonly path: string }
  /** The copy is not sound, because the store is not; nothing was left behind. */
  | { readonly outcome: 'damaged'; readonly problem: string };

export interface ExportAsk {
  /** Null: of every principal. */
  readonly principal: string | null;
  /** Null: every channel; else those of that id. */
  readonly channel: string | null;
  /** `next` of the page before; null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
  /** Of lines as JSON strings; a page holds one line however large it is. */
  readonly maxBytes: number;
}

export interface ExportPage {
  /** JSON texts without line breaks; `transfer-lines.ts` says what is in one. */
  readonly lines: readonly string[];
  /** Null: that was the last page. */
  readonly next: string | null;
}

export interface ImportedChannel {
  readonly principal: string;
  readonly channelId: string;
  readonly name: string;
  readonly metadata: { readonly [key: string]: unknown };
  readonly createdAtMs: number;
}

export interface ImportOutcome {
  readonly imported: number;
  /** Channels and messages that are there already. */
  readonly skipped: number;
  /** Lines that cannot be stored and changed nothing; `line` counts from 1. */
  readonly errors: readonly { readonly line: number; readonly message: string }[];
  /** Among `imported`. */
  readonly channels: readonly ImportedChannel[];
}

export interface MemoryOperator {
  /**
   * `stats`, `check` and `backup` read a snapshot on a thread of their own, one after another:
   * other calls do not wait for them, and are not ordered with them.
   */
  stats(): Promise<MemoryStats>;
  check(): Promise<MemoryCheck>;
  /** Writes a backup of that file name (no path) into the store's directory of backups; whole, or not at all. */
  backup(name: string, replace: boolean): Promise<BackupOutcome>;

  /**
   * A page of every channel, oldest first, each followed by its messages in the order of their
   * seqs. What was there at the first page and stays comes once, whatever is written meanwhile.
   * `invalid-cursor`: `after` came from no page.
   */
  exportLines(ask: ExportAsk): Promise<ExportPage | 'invalid-cursor'>;
  /** Stores lines of an export, each by itself, with their ids, seqs and times; those that are there are skipped. */
  importLines(lines: readonly string[], maxChannels: number): Promise<ImportOutcome>;
  /** Gives up to `maxPages` free pages back to the system. `freedBytes` 0: there are none. */
  vacuum(maxPages: number): Promise<{ readonly databaseBytes: number; readonly freedBytes: number }>;
}
