/** A database written anew, while nobody else uses it: as small as it can be, with nothing left of what was deleted. */
import type { Database } from 'better-sqlite3';
import { openDatabase } from './database.js';
import { Erasure } from './erasure.js';
import { causeOf, isFull } from './faults.js';
import { MemoryError } from './port.js';

export interface Rewritten {
  readonly databaseBytes: number;
  readonly freedBytes: number;
}

const sizeOf = (db: Database): number =>
  Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));

/**
 * Finishes what is being erased, then rewrites the file (sqlite.org/lang_vacuum.html); it needs its size again
 * on the disk, and among temporary files. Brings it to the current schema version.
 *
 * @throws MemoryError one sentence with the cause and what to do; nothing is lost
 */
export const rewriteDatabase = (path: string): Rewritten => {
  const db = openDatabase(path);
  try {
    return rewrite(db);
  } catch (error) {
    if (error instanceof MemoryError) throw error;
    const room = isFull(error)
      ? '; it takes as much again beside the database, and in /var/tmp or where SQLITE_TMPDIR says'
      : '';
    const cause = causeOf(path, error);
    throw new MemoryError(`The database ${path} cannot be written anew: ${cause}${room}. Nothing is lost.`);
  } finally {
    db.close();
  }
};

const rewrite = (db: Database): Rewritten => {
  const before = sizeOf(db);
  // The log goes as a whole at the end.
  const erasure = new Erasure(db, { erased: () => {} });
  while (erasure.step());
  // The rows of the index are copied as they are, and may have words of others between their own.
  db.exec(`INSERT INTO message_index (message_index) VALUES ('rebuild'); VACUUM;`);
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (result?.busy !== 0) {
    throw new MemoryError(
      `Another program reads the database ${db.name}, whose file holds what was deleted until then: end it and try again.`,
    );
  }
  const databaseBytes = sizeOf(db);
  return { databaseBytes, freedBytes: Math.max(0, before - databaseBytes) };
};
