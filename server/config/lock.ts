/**
 * Locks between processes: an exclusive transaction on an empty SQLite file. The system drops
 * it with the process that held it, so that no lock is ever stale; it is the same on every
 * platform, and holds between containers that share a volume. The file itself stays: removing it would
 * let two processes lock two files of one name.
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { HomeError, hasCode, LockHeldError, reasonOf } from './errors.js';

const POLL_MS = 20;
const DEFAULT_WAIT_MS = 5000;

/**
 * Takes a lock at once or not at all.
 *
 * @param heldMessage the sentence for the case that another holder has it.
 * @returns the function that releases it; calling it again does nothing.
 * @throws LockHeldError, or HomeError where the file cannot be used as a lock.
 */
export function holdLock(lockPath: string, heldMessage: string): () => void {
  const release = tryLock(lockPath);
  if (release === null) throw new LockHeldError(heldMessage);
  return release;
}

/**
 * Runs `fn` while holding a lock. Waits without blocking the thread, so that two callers in one process
 * take turns as well.
 *
 * @param waitMs how long to wait for the lock, in milliseconds.
 * @throws LockHeldError where it was not free within `waitMs`; whatever `fn` throws.
 */
export async function withFileLock<T>(
  lockPath: string,
  fn: () => T | Promise<T>,
  { waitMs = DEFAULT_WAIT_MS }: { readonly waitMs?: number } = {},
): Promise<T> {
  const deadlineMs = performance.now() + waitMs;
  let release = tryLock(lockPath);
  while (release === null) {
    if (performance.now() >= deadlineMs) {
      throw new LockHeldError(`Another process holds ${lockPath}; try again when it is done.`);
    }
    await delay(POLL_MS);
    release = tryLock(lockPath);
  }
  try {
    return await fn();
  } finally {
    release();
  }
}

function tryLock(lockPath: string): (() => void) | null {
  createPrivate(lockPath);
  let database: Database.Database | undefined;
  try {
    database = new Database(lockPath, { timeout: 0, fileMustExist: true });
    // Nothing is ever written; in memory, not even by accident beside the file.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (hasCode(error, 'SQLITE_BUSY')) return null;
    throw unusable(lockPath, error);
  }
  const held = database;
  return () => {
    held.close();
  };
}

/**
 * SQLite would make the file readable by all. Exclusive creation matters: closing any descriptor of an
 * existing lock file would drop the locks this process holds on it (POSIX fcntl).
 */
function createPrivate(lockPath: string): void {
  try {
    closeSync(openSync(lockPath, 'wx', 0o600));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw unusable(lockPath, error);
  }
}

const unusable = (lockPath: string, error: unknown): HomeError =>
  new HomeError(
    `The lock ${lockPath} cannot be taken: ${reasonOf(error)}; check the directory ${dirname(lockPath)}.`,
  );
