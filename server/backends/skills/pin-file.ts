/** `skills.json`: what each MCP server offered when it was first used, or approved. Private, and written as a whole. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Pin, PinStore } from './pin.js';

/** The file is there and cannot be used; one sentence for the operator. */
export class PinFileError extends Error {
  override readonly name = 'PinFileError';
}

const HASH = /^[0-9a-f]{64}$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPin = (value: unknown): value is Pin =>
  isRecord(value) &&
  HASH.test(String(value.hash)) &&
  isRecord(value.tools) &&
  Object.values(value.tools).every((hash) => HASH.test(String(hash)));

/** What the file says; empty where there is none. */
const readPins = (path: string): Map<string, Pin> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    if (code === 'ENOENT') return new Map();
    throw new PinFileError(
      `${path} cannot be read (${code}): mend that, so that MCP servers are held to their tools.`,
    );
  }
  try {
    const { servers } = JSON.parse(text);
    if (isRecord(servers) && Object.values(servers).every(isPin))
      return new Map(Object.entries(servers) as [string, Pin][]);
  } catch {
    // Said below.
  }
  throw new PinFileError(
    `${path} is damaged: put it back from a backup, or remove it, and every MCP server is trusted with the tools it offers at the next start.`,
  );
};

export class PinFile implements PinStore {
  readonly #path: string;
  #pins: ReadonlyMap<string, Pin>;
  /** Writes go one after another. */
  #turn: Promise<void> = Promise.resolve();

  /** @throws PinFileError where the file is there and cannot be used */
  constructor(path: string) {
    this.#path = path;
    this.#pins = readPins(path);
  }

  get(server: string): Pin | null {
    return this.#pins.get(server) ?? null;
  }

  set(server: string, pin: Pin): Promise<void> {
    const written = this.#turn.then(async () => {
      const pins = new Map(this.#pins).set(server, pin);
      await this.#write(`${JSON.stringify({ servers: Object.fromEntries(pins) }, null, 2)}\n`);
      this.#pins = pins;
    });
    this.#turn = written.catch(() => {});
    return written;
  }

  async #write(text: string): Promise<void> {
    const directory = dirname(this.#path);
    const draft = join(directory, `.${basename(this.#path)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      await writeAndFlush(draft, text);
      await rename(draft, this.#path);
      await flush(directory);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw error;
    }
  }
}

const writeAndFlush = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** A rename survives a power loss only once its directory is flushed. */
const flush = async (directory: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const file = await open(directory, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};
