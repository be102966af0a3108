/** How long the memory's thread waits for whoever else has locked the database. */
import type { Database } from 'better-sqlite3';

/** A backup or a shell holds its lock for moments; longer, and callers had better be told. */
export const LOCK_PATIENCE_MS = 2000;
/** Once it has been held for longer than that: whoever calls next is not to wait as long again. */
export const LOCK_IMPATIENCE_MS = 100;

/** Runs what nobody asked for: where the database is locked it fails at once. @throws what `work` throws */
export const withoutWaiting = <T>(db: Database, work: () => T): T => {
  const before = db.pragma('busy_timeout', { simple: true });
  db.pragma('busy_timeout = 0');
  try {
    return work();
  } finally {
    db.pragma(`busy_timeout = ${before}`);
  }
};
