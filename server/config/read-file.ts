/** A configuration file's text, whatever the path turns out to name. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { ConfigError, hasCode, reasonOf } from './errors.js';

const MAX_FILE_BYTES = 64 * 1024;
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a text file in UTF-8, a byte order mark included.
 *
 * @returns null where nothing stands at `file`.
 * @throws ConfigError where it is something else than a readable file of at most 64 KiB.
 */
export function readConfigText(file: string): string | null {
  const bytes = readBytes(file);
  if (bytes === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigError([`${file} is not UTF-8 text; save it in that encoding.`]);
  }
}

function readBytes(file: string): Buffer | null {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    descriptor = openSync(file, OPEN_FLAGS);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw unreadable(file, reasonOf(error));
  }
  try {
    const status = fstatSync(descriptor);
    if (status.isDirectory()) throw unreadable(file, 'it is a directory');
    if (!status.isFile()) throw unreadable(file, 'it is not a regular file');
    if (status.size > MAX_FILE_BYTES) throw unreadable(file, 'it is larger than 64 KiB');
    return readFileSync(descriptor);
  } catch (error) {
    throw error instanceof ConfigError ? error : unreadable(file, reasonOf(error));
  } finally {
    closeSync(descriptor);
  }
}

const unreadable = (file: string, reason: string): ConfigError =>
  new ConfigError([`The configuration file ${file} cannot be read: ${reason}.`]);
