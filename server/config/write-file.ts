/** Files that are either the old or the new one, whole, whatever happens meanwhile. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { HomeError, reasonOf } from './errors.js';

/** A file's permissions and owner, as `fs.Stats` has them. */
export interface FileOwnership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces a file's content in one step and makes it durable: a new file, flushed, renamed over the old.
 * It is readable by its owner alone (0600).
 *
 * @param like permissions and owner to give it instead, for a file that others may have to read.
 * @throws HomeError where it cannot be written; the old file is then untouched.
 */
export function writeFileAtomically(file: string, content: string, like?: FileOwnership): void {
  const directory = dirname(file);
  const draft = join(directory, `.${basename(file)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeDurably(draft, content, like);
    renameSync(draft, file);
    flushDirectory(directory);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new HomeError(`${file} cannot be written: ${reasonOf(error)}; check the directory ${directory}.`);
  }
}

function writeDurably(path: string, content: string, like: FileOwnership | undefined): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    if (like !== undefined) {
      // First the owner: while others own it, it must not be open to more than them.
      if (like.uid !== process.getuid?.() || like.gid !== process.getgid?.()) giveTo(descriptor, like);
      fchmodSync(descriptor, like.mode & 0o777);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function giveTo(descriptor: number, { uid, gid }: FileOwnership): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch {
    // Only root may give files away; anyone else's edit makes the file theirs, as any editor would.
  }
}

/** A rename survives a power loss only once its directory is flushed; Windows has no such call. */
function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
