/** Opens the database file: who may read it, how durable it is, which version it is in. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import { causeOf, isFull } from './faults.js';
import { addFunctions, migrate, renewIndex, SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { MemoryError } from './port.js';
import { INDEX_RULES } from './search-text.js';

/** Read and write for the owner alone. */
const PRIVATE = 0o600;
/** How long another program's lock (a backup, a shell) is waited for. */
const BUSY_TIMEOUT_MS = 5000;
const AUTO_VACUUM_INCREMENTAL = 2;
const CACHE_KIB = 8 * 1024;
/** A long transaction grows the write-ahead log; it is cut back to this at the next checkpoint. */
const MAX_IDLE_WAL_BYTES = 16 * 1024 * 1024;

/**
 * Opens or creates the database at `path`, brings it to {@link SCHEMA_VERSION}, and ends the
 * replies that a crash left open. Its directory must exist.
 *
 * A database of a newer version, or of another program, is left as it was.
 *
 * @throws MemoryError one sentence with the file, the cause and what to do
 */
export const openDatabase = (path: string): Database => {
  let db: Database | undefined;
  try {
    makePrivate(path);
    db = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    refuseForeign(db, path);
    addFunctions(db);
    makeShrinkable(db);
    configure(db);
    migrate(db);
    renewIndex(db, INDEX_RULES);
    interruptOpenReplies(db);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof MemoryError ? error : refusal(path, error);
  }
};

const refusal = (path: string, cause: unknown): MemoryError =>
  new MemoryError(`The database ${path} cannot be opened: ${causeOf(path, cause)}.`, { cause });

/** SQLite gives `-wal` and `-shm` the mode of the database, so that one must be right before the first write. */
const makePrivate = (path: string): void => {
  closeSync(openSync(path, 'a', PRIVATE));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    if (existsSync(file)) chmodSync(file, PRIVATE);
  }
};

/** Reads only: whatever is refused here must stay untouched. */
const refuseForeign = (db: Database, path: string): void => {
  const version = schemaVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new MemoryError(
      `The database ${path} has schema version ${version} and this program knows only ${SCHEMA_VERSION}: ` +
        'start the newer version that wrote it, or restore a backup of before that.',
    );
  }
  const { tables } = db
    .prepare<[], { tables: number }>('SELECT count(*) AS tables FROM sqlite_schema')
    .get() ?? {
    tables: 0,
  };
  if (version === 0 && tables > 0) {
    throw new MemoryError(
      `The database ${path} belongs to another program: move it away or choose another directory.`,
    );
  }
};

/**
 * Lets what becomes free be given back a little at a time. A new database is made that way; an
 * older one is rewritten once, which takes its size again on the disk: one that has no room for that
 * stays as it is until it is opened next.
 */
const makeShrinkable = (db: Database): void => {
  if (db.pragma('auto_vacuum', { simple: true }) === AUTO_VACUUM_INCREMENTAL) return;
  db.pragma('auto_vacuum = INCREMENTAL');
  if (schemaVersion(db) === 0) return;
  try {
    db.exec('VACUUM');
  } catch (error) {
    if (!isFull(error)) throw error;
  }
};

const configure = (db: Database): void => {
  db.pragma('journal_mode = WAL');
  // In WAL mode FULL syncs the log at every commit; NORMAL would lose acknowledged messages with the power.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('secure_delete = ON');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma(`journal_size_limit = ${MAX_IDLE_WAL_BYTES}`);
};

/** Nothing that was running outlives the process that ran it (protocol section 5). */
const interruptOpenReplies = (db: Database): void => {
  db.exec(
    `UPDATE messages SET finish_reason = 'interrupted' WHERE role = 'assistant' AND finish_reason IS NULL`,
  );
};
