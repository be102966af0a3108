/** What the store's failures mean to whoever operates the gateway. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from './messages.js';

/** By the code of SQLite or of the system: the cause, and what to do. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'its directory does not exist, create it'],
  ['ENOTDIR', 'its directory is a file, choose another'],
  ['EISDIR', 'it is a directory, move that away'],
  ['EACCES', 'permission denied, give this user the right to read and write it'],
  ['EPERM', 'it belongs to another user or is marked immutable, give it to this one and unmark it'],
  ['EROFS', 'the file system is read-only, mount it writable or choose another directory'],
  ['ENOSPC', 'the disk is full, make room'],
  ['SQLITE_FULL', 'the disk is full, make room'],
  ['SQLITE_BUSY', 'another program holds its lock, end that one'],
  ['SQLITE_LOCKED', 'another program holds its lock, end that one'],
  ['SQLITE_PROTOCOL', 'another program holds its lock, end that one'],
  ['SQLITE_NOTADB', 'the file is not an SQLite database, move it away or restore a backup'],
  ['SQLITE_CORRUPT', 'the file is damaged, stop the gateway and restore a backup'],
  ['SQLITE_READONLY', 'it cannot be written, give this user the right to'],
  ['SQLITE_CANTOPEN', 'one of its files cannot be opened, give this user the right to read and write them'],
  [
    'SQLITE_IOERR',
    'the disk refuses to be read or written, look into the system’s log, and for a quota or a limit of file sizes',
  ],
  ['SQLITE_NOMEM', 'there is no memory left, free some'],
  ['MOVED', 'its file was moved, deleted or replaced, put it back or restart the gateway'],
]);

/** `SQLITE_IOERR_WRITE` → `SQLITE_IOERR`: SQLite's extended codes begin with the primary one. */
const primaryCode = (code: string): string => /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const adviceFor = (code: string): string | undefined => ADVICE.get(code) ?? ADVICE.get(primaryCode(code));

/** The failures behind which SQLite knows only that the system refused. */
const UNEXPLAINED = new Set(['SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN']);

/** SQLite keeps the system's reason to itself, so the system is asked again. Null: it has nothing to say. */
const systemCode = (path: string): string | null => {
  try {
    for (const file of [path, `${path}-wal`, dirname(path)]) {
      accessSync(file, constants.R_OK | constants.W_OK);
    }
    return statfsSync(dirname(path)).bavail === 0 ? 'ENOSPC' : null;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? 'MOVED' : code;
  }
};

/** True where the database as a whole is in trouble, not one call. */
export const isStoreFault = (error: unknown): boolean => adviceFor(codeOf(error)) !== undefined;

/** True where another program is in the way, which passes. */
export const isLocked = (error: unknown): boolean =>
  ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL'].includes(primaryCode(codeOf(error)));

/** True where there is no room left on the disk. */
export const isFull = (error: unknown): boolean => primaryCode(codeOf(error)) === 'SQLITE_FULL';

/** True where what is on the disk is wrong, which does not pass. */
export const isDamage = (error: unknown): boolean =>
  ['SQLITE_CORRUPT', 'SQLITE_NOTADB'].includes(primaryCode(codeOf(error)));

/** The cause of a failure of the database at `path` and what to do, as a clause with the codes behind it. */
export const causeOf = (path: string, error: unknown): string => {
  const code = codeOf(error);
  const advice = adviceFor(code);
  if (advice === undefined) return errorText(error);
  const reason = UNEXPLAINED.has(primaryCode(code)) ? systemCode(path) : null;
  const explained = reason === null ? undefined : ADVICE.get(reason);
  return explained === undefined ? `${advice} (${code})` : `${explained} (${reason}, ${code})`;
};

/** The database's file is not where it was: what is written now would be gone with the process. */
export class MovedError extends Error {
  override readonly name = 'MovedError';
  readonly code = 'MOVED';
}

/** Looks, whenever it is called, whether a file is still the one it was. @throws MovedError */
export const watchFile = (path: string): (() => void) => {
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  return () => {
    if (statSync(path, { throwIfNoEntry: false })?.ino !== inode) throw new MovedError();
  };
};
