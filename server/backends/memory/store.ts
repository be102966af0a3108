/** The port's calls on an open database, synchronous: what runs inside the memory's thread. */
import type { Database, Statement } from 'better-sqlite3';
import { Channels } from './channels.js';
import { ChatLog } from './chat-log.js';
import type { Operations } from './messages.js';
import { Notifications } from './notifications.js';
import { Recall } from './recall.js';
import { Summaries } from './summaries.js';
import { Summarizing } from './summarizing.js';
import { Transfer } from './transfer.js';
import { Vacuum } from './vacuum.js';

/** When each token was last used. */
class TokenUse {
  readonly #note: Statement<[tokenHash: string, atMs: number]>;
  readonly #all: Statement<[], [tokenHash: string, lastUsedAtMs: number]>;

  constructor(db: Database) {
    this.#note = db.prepare(
      `INSERT INTO token_use (token_hash, last_used_at_ms) VALUES (?, ?) ON CONFLICT (token_hash)
       DO UPDATE SET last_used_at_ms = max(last_used_at_ms, excluded.last_used_at_ms)`,
    );
    this.#all = db
      .prepare<[], [string, number]>('SELECT token_hash, last_used_at_ms FROM token_use')
      .raw(true);
  }

  note(tokenHash: string, atMs: number): void {
    this.#note.run(tokenHash, atMs);
  }

  all(): ReadonlyMap<string, number> {
    return new Map(this.#all.all());
  }
}

/**
 * Runs the port's calls on a database from `openDatabase`. Transactions are the caller's; nothing
 * is remembered outside the database, so that a rollback undoes all of a call.
 */
export const createStore = (db: Database): Operations => {
  const channels = new Channels(db);
  const log = new ChatLog(db, channels);
  const summaries = new Summaries(db);
  const recall = new Recall(db, channels, summaries);
  const summarizing = new Summarizing(db, channels, summaries);
  const notifications = new Notifications(db);
  const tokens = new TokenUse(db);
  const transfer = new Transfer(db, channels);
  const vacuum = new Vacuum(db);
  return {
    openPrincipal: (principal) => channels.open(principal),
    createChannel: (principal, channel, maxChannels) => channels.create(principal, channel, maxChannels),
    listChannels: (principal) => channels.list(principal),
    updateChannel: (principal, channelId, change) => channels.update(principal, channelId, change),
    deleteChannel: (principal, channelId) => channels.delete(principal, channelId),
    addMessage: (message) => log.add(message),
    appendReply: (reply, text, skills = null) => log.append(reply, text, skills),
    finishReply: (reply, end) => log.finish(reply, end),
    findReply: (principal, messageId) => log.findReply(principal, messageId),
    history: (principal, channelId, page) => log.history(principal, channelId, page),
    recall: (principal, channelId, ask, near) => recall.recall(principal, channelId, ask, near),
    search: (principal, channelId, ask, near) => recall.search(principal, channelId, ask, near),
    nextToSummarize: (principal, channelId, ask) => summarizing.next(principal, channelId, ask),
    summarize: (principal, channelId, ask, written) =>
      summarizing.summarize(principal, channelId, ask, written),
    addNotification: (notification, max) => notifications.add(notification, max),
    listNotifications: (principal, page) => notifications.list(principal, page),
    settleNotifications: (settled) => notifications.settle(settled),
    cancelNotification: (notificationId) => notifications.cancel(notificationId),
    tokenUsed: (tokenHash, atMs) => tokens.note(tokenHash, atMs),
    tokensLastUsed: () => tokens.all(),
    exportLines: (ask) => transfer.export(ask),
    importLines: (lines, maxChannels) => transfer.import(lines, maxChannels),
    vacuum: (maxPages) => vacuum.step(maxPages),
  };
};
