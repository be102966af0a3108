/** What waits to be told to a principal, now or at its time. */
import type { Database, Statement } from 'better-sqlite3';
import type { SettledOccurrence, StoredNotification } from './port.js';

const COLUMNS = `notification_id AS notificationId, principal, client_id AS clientId, type, msg,
  created_at_ms AS createdAtMs, due_at_ms AS dueAtMs, cron`;

/** The port's calls on notifications, as it describes them, run at once on an open database. */
export class Notifications {
  readonly #count: Statement<[principal: string], { notifications: number }>;
  readonly #insert: Statement<[StoredNotification]>;
  readonly #list: Statement<[principal: string, after: string, limit: number], StoredNotification>;
  readonly #remove: Statement<[notificationId: string, dueAtMs: number]>;
  readonly #move: Statement<[nextDueAtMs: number, notificationId: string, dueAtMs: number]>;
  readonly #cancel: Statement<[notificationId: string], { principal: string }>;

  constructor(db: Database) {
    this.#count = db.prepare('SELECT count(*) AS notifications FROM notifications WHERE principal = ?');
    this.#insert = db.prepare(
      `INSERT INTO notifications
         (notification_id, principal, client_id, type, created_at_ms, due_at_ms, cron, msg)
       VALUES (@notificationId, @principal, @clientId, @type, @createdAtMs, @dueAtMs, @cron, @msg)`,
    );
    this.#list = db.prepare(
      `SELECT ${COLUMNS} FROM notifications WHERE principal = ? AND notification_id > ?
       ORDER BY notification_id LIMIT ?`,
    );
    this.#remove = db.prepare('DELETE FROM notifications WHERE notification_id = ? AND due_at_ms = ?');
    this.#move = db.prepare(
      'UPDATE notifications SET due_at_ms = ? WHERE notification_id = ? AND due_at_ms = ?',
    );
    this.#cancel = db.prepare('DELETE FROM notifications WHERE notification_id = ? RETURNING principal');
  }

  add(notification: StoredNotification, maxNotifications: number): 'added' | 'limit-reached' {
    const kept = this.#count.get(notification.principal)?.notifications ?? 0;
    if (kept >= maxNotifications) return 'limit-reached';
    this.#insert.run(notification);
    return 'added';
  }

  list(
    principal: string,
    page: { readonly after: string | null; readonly limit: number },
  ): readonly StoredNotification[] {
    return this.#list.all(principal, page.after ?? '', page.limit);
  }

  settle(settled: readonly SettledOccurrence[]): void {
    for (const { notificationId, dueAtMs, nextDueAtMs } of settled) {
      if (nextDueAtMs === null) this.#remove.run(notificationId, dueAtMs);
      else this.#move.run(nextDueAtMs, notificationId, dueAtMs);
    }
  }

  cancel(notificationId: string): string | null {
    return this.#cancel.get(notificationId)?.principal ?? null;
  }
}
