/** Errors of this room: their messages are sentences for people, and the whole of what is printed. */

const SHOWN_PROBLEMS = 20;

/** The configuration cannot be used; `problems` holds one sentence for each thing wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  /** A flag is at fault: the command was called wrongly. */
  readonly byFlag: boolean;

  constructor(problems: readonly string[], byFlag = false) {
    const hidden = problems.length - SHOWN_PROBLEMS;
    super(
      [...problems.slice(0, SHOWN_PROBLEMS), ...(hidden > 0 ? [`… and ${hidden} more.`] : [])].join('\n'),
    );
    this.problems = problems;
    this.byFlag = byFlag;
  }
}

/** Something about the home directory or a file in it; one sentence. */
export class HomeError extends Error {
  override readonly name = 'HomeError';
}

/** A lock is held by another process; one sentence. */
export class LockHeldError extends HomeError {}

/** What went wrong with a file, in a few words: `code` is that of a system call (`ENOENT`, …). */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (
    FILE_REASONS.get(code) ?? (code === '' ? 'it failed for an unknown reason' : `the system says ${code}`)
  );
}

const FILE_REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of its path is not a directory'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['ELOOP', 'its symbolic links go round in circles'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

/** Whether a system call failed with `code`. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
