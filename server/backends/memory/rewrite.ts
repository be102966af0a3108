/** A database written anew, while nobody else uses it: as small as it can be, with nothing left of what was deleted. */
import type { Database } from 'better-sqlite3';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';

export interface Rewritten {
  readonly databaseBytes: number;
  readonly freedBytes: number;
}

const sizeOf = (db: Database): number =>
  Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));

/**
 * Finishes what is being erased, then rewrites the file (sqlite.org/lang_vacuum.html); it needs its size again
 * on the disk. Brings it to the current schema version.
 *
 * @throws like `openDatabase`, and what SQLite throws; then nothing is lost
 */
export const rewriteDatabase = (path: string): Rewritten => {
  const db = openDatabase(path);
  try {
    const before = sizeOf(db);
    // The log goes as a whole at the end.
    const erasure = new Erasure(db, { erased: () => {} });
    while (erasure.step());
    // The rows of the index are copied as they are, and may have words of others between their own.
    db.exec(`INSERT INTO message_index (message_index) VALUES ('rebuild'); VACUUM;`);
    db.pragma('wal_checkpoint(TRUNCATE)');
    const databaseBytes = sizeOf(db);
    return { databaseBytes, freedBytes: Math.max(0, before - databaseBytes) };
  } finally {
    db.close();
  }
};
