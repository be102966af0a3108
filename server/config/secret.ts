/**
 * Secrets: what a variable or a file holds that nobody else may know. A variable `NAME` may stand in a file that
 * `NAME_FILE` names, as container runtimes hand secrets over.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** There is no secret where one should be; the message is one sentence for the operator, and repeats nothing of it. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundText {
  /** As it stands there: blanks and line ends included. */
  readonly text: string;
  /** The beginning of a sentence about it. */
  readonly place: string;
}

const MAX_SECRET_BYTES = 64 * 1024;
/** Without O_NONBLOCK, opening a named pipe would wait for its writer. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Where a container runtime puts secrets. It chooses their mode, which is often 0444; nobody else is in the container. */
const RUNTIME_SECRETS = '/run/secrets/';
const MAY_READ = 0o004;
const MAY_WRITE = 0o002;

/** What the system calls the failure of a file. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';

/** The variable that names the file in which a variable's value stands. */
export const fileVariableOf = (variable: string): string => `${variable}_FILE`;

/**
 * The value of a variable, or of the file that `NAME_FILE` names. Null: neither is set, or it is empty.
 *
 * @param place the beginning of a sentence about the variable, such as `metrics.token_env names the variable TOKEN`
 * @throws KeyError where both are set, or the file is not as {@link readSecretFile} wants it
 */
export const readSecretVariable = (place: string, variable: string, env: Environment): FoundText | null => {
  const text = env[variable] ?? '';
  const fileVariable = fileVariableOf(variable);
  const file = env[fileVariable] ?? '';
  if (file === '') return text === '' ? null : { text, place };
  if (text !== '')
    throw new KeyError(`${place}, which is set, and so is ${fileVariable}: leave one of the two away.`);
  const filePlace = `${place}, and ${fileVariable} names ${file}`;
  return { text: readSecretFile(filePlace, file), place: filePlace };
};

/**
 * The text of a secret's file.
 *
 * @param place the beginning of a sentence about the file
 * @throws KeyError where it cannot be read, is something else than a file of at most 64 KiB, or everyone may read or write it;
 *   under `/run/secrets/` everyone may read it
 */
export const readSecretFile = (place: string, file: string): string => {
  let descriptor: number;
  try {
    descriptor = openSync(file, OPEN_FLAGS);
  } catch (error) {
    throw new KeyError(`${place}, which cannot be read (${codeOf(error)}): mend that, or leave it empty.`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new KeyError(`${place}, which is no file: name one, or leave it empty.`);
    if (status.size > MAX_SECRET_BYTES)
      throw new KeyError(`${place}, which is larger than 64 KiB: leave nothing but the secret there.`);
    const open = status.mode & (isOfRuntime(file) ? MAY_WRITE : MAY_READ | MAY_WRITE);
    // Windows makes modes up.
    if (open !== 0 && process.platform !== 'win32') {
      const what = (open & MAY_WRITE) === 0 ? 'read' : 'change';
      throw new KeyError(`${place}, which everyone may ${what}: run chmod 600 on it.`);
    }
    return readFileSync(descriptor, 'utf8');
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError(`${place}, which cannot be read (${codeOf(error)}): mend that, or leave it empty.`);
  } finally {
    closeSync(descriptor);
  }
};

const isOfRuntime = (file: string): boolean => resolve(file).startsWith(RUNTIME_SECRETS);
