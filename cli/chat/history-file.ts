/** What was typed in conversations, kept in a file of the home directory from one to the next. */
import { appendFileSync, chmodSync, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { HomeError, hasCode, reasonOf } from '../../server/config/errors.js';
import { ensureHome, type Home } from '../../server/config/home.js';
import { writeFileAtomically } from '../../server/config/write-file.js';
import { printable } from '../terminal.js';

const MAX_ENTRIES = 500;
/** A longer message is known until the conversation ends. */
const MAX_ENTRY_CHARS = 8192;
/** Of the file: what stands before its last part of this size is not read. */
const MAX_BYTES = 1024 * 1024;

/**
 * A JSON string a line, the newest last. Several conversations may append at a time. Whatever is wrong with the
 * file, a conversation goes on: then it is kept in memory alone.
 */
export class HistoryFile {
  readonly #home: Home;
  #entries: string[] = [];
  /** Lines in the file, as far as this conversation knows. */
  #lines = 0;
  #problem: string | null = null;

  constructor(home: Home) {
    this.#home = home;
    this.#try(() => this.#open());
  }

  /** The newest last. */
  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Why nothing is kept, in a few words; null where all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  add(text: string): void {
    if (text.trim() === '' || text === this.#entries.at(-1)) return;
    this.#entries.push(text);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    if (this.#problem !== null || text.length > MAX_ENTRY_CHARS) return;
    this.#try(() => {
      appendFileSync(this.#home.chatHistoryFile, `${JSON.stringify(text)}\n`, { mode: 0o600 });
      this.#lines += 1;
      if (this.#lines > 2 * MAX_ENTRIES) this.#shorten();
    });
  }

  #open(): void {
    ensureHome(this.#home);
    const file = this.#home.chatHistoryFile;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return;
    // Reading a pipe would wait for somebody to write.
    if (!found.isFile()) throw new HomeError('it is no file');
    if ((found.mode & 0o077) !== 0) chmodSync(file, 0o600);
    const { entries, lines, isTorn } = read(file);
    this.#entries = entries;
    this.#lines = lines;
    if (isTorn || lines > 2 * MAX_ENTRIES || found.size > MAX_BYTES) this.#shorten();
  }

  /** Writes the newest entries anew, with what other conversations have appended. */
  #shorten(): void {
    const { entries } = read(this.#home.chatHistoryFile);
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileAtomically(this.#home.chatHistoryFile, text);
    this.#lines = entries.length;
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#problem = error instanceof HomeError ? error.message.replace(/[.;].*$/s, '') : reasonOf(error);
    }
  }
}

/** `isTorn`: its last line has no end, and what is appended would become a part of it. */
const read = (file: string): { entries: string[]; lines: number; isTorn: boolean } => {
  const lines = tailOf(file).split('\n');
  const isTorn = lines.pop() !== '';
  const entries: string[] = [];
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry !== '' && entry !== entries.at(-1)) entries.push(entry);
  }
  return { entries: entries.slice(-MAX_ENTRIES), lines: lines.length, isTorn };
};

/** Anything could stand in the file: what is no entry is passed over, and none commands the terminal. */
const entryOf = (line: string): string => {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' && entry.length <= MAX_ENTRY_CHARS ? printable(entry) : '';
  } catch {
    return '';
  }
};

const tailOf = (file: string): string => {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
    const count = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, count);
  } finally {
    closeSync(descriptor);
  }
};
