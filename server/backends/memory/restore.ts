/** Puts a backup in the place of a database that nobody uses: proved first, and what was there is kept. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import { checkContents } from './check.js';
import { flush } from './flush.js';
import { SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { MemoryError } from './port.js';
import { countContents } from './stats.js';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
const COPY_BYTES = 1024 * 1024;
/** What belongs to a database that is in use, or that nobody has closed. */
const COMPANIONS = ['-wal', '-shm'];

export interface Restored {
  readonly schemaVersion: number;
  readonly channels: number;
  readonly messages: number;
  readonly bytes: number;
  /** The directory that has what was there before; null: there was nothing. */
  readonly replaced: string | null;
}

/**
 * @param path of the database, which nobody has open
 * @param backup as `openclaw memory backup` makes it, of this schema version or an earlier one
 * @param aside a directory that is not there yet, for what is replaced
 * @throws MemoryError one sentence that says what to do; what SQLite or the file system throws. Nothing has changed then.
 */
export const restoreDatabase = (path: string, backup: string, aside: string): Restored => {
  const draft = join(dirname(path), `.restored-${basename(path)}`);
  const remove = (): void => {
    for (const suffix of ['', ...COMPANIONS, '-journal']) rmSync(`${draft}${suffix}`, { force: true });
  };
  remove();
  try {
    // What is proved is what will be used, whatever becomes of the file meanwhile.
    copyPrivately(backup, draft);
    // What a restore has replaced may have one.
    if (existsSync(`${backup}-wal`)) copyPrivately(`${backup}-wal`, `${draft}-wal`);
    const found = prove(draft, backup);
    flush(draft);
    const replaced = setAside(path, aside);
    // A log of the database before would be taken for one of this.
    for (const suffix of COMPANIONS) rmSync(`${path}${suffix}`, { force: true });
    renameSync(draft, path);
    if (process.platform !== 'win32') flush(dirname(path));
    return { ...found, replaced };
  } finally {
    remove();
  }
};

const unreadable = (path: string, error: unknown): MemoryError => {
  const { code = 'unknown cause' } = error as NodeJS.ErrnoException;
  return new MemoryError(
    `${path} cannot be read (${code}): name a file that \`openclaw memory backup\` made.`,
  );
};

const open = (path: string): number => {
  try {
    const descriptor = openSync(path, 'r');
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (error) {
    throw unreadable(path, error);
  }
  throw unreadable(path, { code: 'no file' });
};

const copyPrivately = (from: string, to: string): void => {
  const source = open(from);
  try {
    const target = openSync(to, 'wx', PRIVATE_FILE);
    try {
      const buffer = Buffer.alloc(COPY_BYTES);
      for (;;) {
        const read = readSync(source, buffer, 0, buffer.length, null);
        if (read === 0) return;
        for (let written = 0; written < read; ) written += writeSync(target, buffer, written, read - written);
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
};

/** Leaves it as one file that needs no other beside it. */
const prove = (draft: string, backup: string): Omit<Restored, 'replaced'> => {
  const refuse = (why: string): MemoryError => new MemoryError(`${backup} ${why}.`);
  let db: Database | undefined;
  try {
    db = new Sqlite(draft, { fileMustExist: true });
    const version = schemaVersion(db);
    if (version === 0)
      throw refuse('is no backup of a gateway: name a file that `openclaw memory backup` made');
    if (version > SCHEMA_VERSION) {
      throw refuse(
        `has schema version ${version} and this program knows only ${SCHEMA_VERSION}: restore it with the newer version that made it`,
      );
    }
    // The index is made from the messages, and can be made anew.
    const problem = checkContents(db).find(({ check }) => check !== 'index');
    if (problem !== undefined) throw refuse(`is damaged (${problem.message}): take an older backup`);
    db.pragma('journal_mode = DELETE');
    return { schemaVersion: version, ...countContents(db), bytes: statSync(draft).size };
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code === 'SQLITE_NOTADB') {
      throw refuse('is not an SQLite database: name a file that `openclaw memory backup` made');
    }
    throw error;
  } finally {
    db?.close();
  }
};

/** The database stays where it is until another takes its place: what is set aside is a second name of it. */
const setAside = (path: string, aside: string): string | null => {
  const files = [path, ...COMPANIONS.map((suffix) => `${path}${suffix}`)].filter((file) => existsSync(file));
  if (files.length === 0) return null;
  mkdirSync(aside, { recursive: true, mode: PRIVATE_DIRECTORY });
  for (const file of files) {
    const kept = join(aside, basename(file));
    try {
      linkSync(file, kept);
    } catch {
      // Some file systems know no links.
      copyFileSync(file, kept);
    }
  }
  return aside;
};
