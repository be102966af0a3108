/** A file for the user: whole under its name, or not there; never in the place of another unasked. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode, reasonOf } from '../server/config/errors.js';
import { CliError } from './io.js';

const PRIVATE = 0o600;

/** Written as a draft beside its place, readable by its owner alone. Everything throws CliError where it fails. */
export class NewFile {
  /** Absolute. */
  readonly path: string;
  readonly #replace: boolean;
  readonly #draft: string;

  /** @param replace whether a file that is there may go */
  constructor(file: string, replace: boolean) {
    this.path = resolve(file);
    this.#replace = replace;
    const draft = `.${basename(this.path)}.${randomBytes(6).toString('hex')}.tmp`;
    this.#draft = join(dirname(this.path), draft);
    if (!replace && existsSync(this.path)) throw this.#taken();
    this.#try(() => closeSync(openSync(this.#draft, 'wx', PRIVATE)));
  }

  append(text: string): void {
    this.#try(() => writeFileSync(this.#draft, text, { flag: 'a' }));
  }

  /** Moves another file in, and that is all there is in this one. */
  take(from: string): void {
    this.#try(() => {
      try {
        renameSync(from, this.#draft);
      } catch (error) {
        if (!hasCode(error, 'EXDEV')) throw error;
        copyFileSync(from, this.#draft);
        rmSync(from);
      }
    });
  }

  /** Makes it durable and gives it its name. */
  finish(): void {
    this.#try(() => {
      flush(this.#draft);
      if (this.#replace) renameSync(this.#draft, this.path);
      else this.#link();
      if (process.platform !== 'win32') flush(dirname(this.path));
    });
    this.discard();
  }

  /** Removes what has no name yet. */
  discard(): void {
    rmSync(this.#draft, { force: true });
  }

  /** Unlike a rename, neither ever takes the place of a file. */
  #link(): void {
    try {
      linkSync(this.#draft, this.path);
    } catch {
      // Some file systems of removable disks know no links.
      copyFileSync(this.#draft, this.path, constants.COPYFILE_EXCL);
      flush(this.path);
    }
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.discard();
      if (hasCode(error, 'EEXIST')) throw this.#taken();
      throw new CliError(`${this.path} cannot be written: ${reasonOf(error)}; name another file.`);
    }
  }

  #taken(): CliError {
    return new CliError(`${this.path} is there already: name another file, or add --force to replace it.`);
  }
}

const flush = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
