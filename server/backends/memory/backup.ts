/** A copy of a database that is in use: whole and proved, or not there at all. */
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { checkContents } from './check.js';
import { flush } from './flush.js';
import type { BackupOutcome } from './port.js';
import { countContents } from './stats.js';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** Copied at a time: a millisecond or two, after which the disk may serve somebody else. */
const PAGES_PER_STEP = 256;
/** What an unfinished backup is called, so that the next one clears it away. No backup's own name begins like it. */
const DRAFT = /^\.draft-/;

/** Removes what backups that were cut short left in their directory. */
export const removeDrafts = (directory: string): void => {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (DRAFT.test(name)) rmSync(join(directory, name), { force: true });
  }
};

/**
 * Copies the database at `from` to `directory/name`, mode 0600. The copy is the state of one moment, whatever is
 * written meanwhile, and is read back before it gets its name. One at a time in a directory, which is made where
 * it is missing.
 *
 * @throws what SQLite or the file system throws; then nothing of the copy is left
 */
export const backUp = async (
  from: string,
  {
    directory,
    name,
    replace,
  }: { readonly directory: string; readonly name: string; readonly replace: boolean },
): Promise<BackupOutcome> => {
  const path = join(directory, name);
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  removeDrafts(directory);
  if (!replace && existsSync(path)) return { outcome: 'exists', path };
  const draft = join(directory, `.draft-${name}`);
  try {
    // SQLite would give it the mode that the umask leaves.
    closeSync(openSync(draft, 'wx', PRIVATE_FILE));
    chmodSync(draft, PRIVATE_FILE);
    const counts = await copy(from, draft);
    const problem = prove(draft, counts);
    if (problem !== null) return { outcome: 'damaged', problem };
    flush(draft);
    if (!give(draft, path, replace)) return { outcome: 'exists', path };
    if (process.platform !== 'win32') flush(dirname(path));
    return { outcome: 'written', path, bytes: statSync(path).size, ...counts };
  } finally {
    removeDrafts(directory);
  }
};

/** Counts and copies within one read transaction, so that no write of anybody makes the copy begin again. */
const copy = async (from: string, to: string) => {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true });
  try {
    source.exec('BEGIN');
    const counts = countContents(source);
    await source.backup(to, { progress: () => PAGES_PER_STEP });
    return counts;
  } finally {
    source.close();
  }
};

/** What is wrong with the copy; null: nothing. Leaves it as one file that needs no other beside it. */
const prove = (path: string, counts: ReturnType<typeof countContents>): string | null => {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    // The index is made from the messages: a faulty one is no reason to go without a copy of those.
    const problem = checkContents(db).find(({ check }) => check !== 'index');
    if (problem !== undefined) return problem.message;
    const copied = countContents(db);
    if (copied.channels !== counts.channels || copied.messages !== counts.messages) {
      return 'the copy does not hold what the database holds';
    }
    db.pragma('journal_mode = DELETE');
    return null;
  } finally {
    db.close();
  }
};

/** Gives the draft its name. False: something else has come to have it meanwhile. */
const give = (draft: string, path: string, replace: boolean): boolean => {
  if (replace) {
    renameSync(draft, path);
    return true;
  }
  try {
    // Unlike a rename, a link never takes the place of a file.
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
};
