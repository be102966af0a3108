/** Opens the database file: who may read it, how durable it is, which version it is in. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import { errorText } from './messages.js';
import { migrate, SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { MemoryError } from './port.js';

/** Read and write for the owner alone. */
const PRIVATE = 0o600;
/** How long another program's lock (a backup, a shell) is waited for. */
const BUSY_TIMEOUT_MS = 5000;
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
    configure(db);
    migrate(db);
    interruptOpenReplies(db);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof MemoryError ? error : new MemoryError(sentence(path, error), { cause: error });
  }
};

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

const configure = (db: Database): void => {
  // Only before anything is written: a new database can then give back its free pages.
  db.pragma('auto_vacuum = INCREMENTAL');
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

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'its directory does not exist, create it'],
  ['ENOTDIR', 'its directory is a file, choose another'],
  ['EISDIR', 'it is a directory, move that away'],
  ['EACCES', 'permission denied, give this user the right to read and write it'],
  ['EPERM', 'it belongs to another user, give it to this one'],
  ['EROFS', 'the file system is read-only, choose another directory'],
  ['ENOSPC', 'the disk is full, make room'],
  ['SQLITE_FULL', 'the disk is full, make room'],
  ['SQLITE_BUSY', 'another program holds its lock, end that one'],
  ['SQLITE_NOTADB', 'the file is not an SQLite database, move it away or restore a backup'],
  ['SQLITE_CORRUPT', 'the file is damaged, restore a backup'],
]);

const sentence = (path: string, error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const advice = ADVICE.get(code);
  const cause = advice === undefined ? errorText(error) : `${advice} (${code})`;
  return `The database ${path} cannot be opened: ${cause}.`;
};
