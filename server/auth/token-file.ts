/**
 * `tokens.toml`: which tokens are valid, as hashes (protocol section 3).
 *
 * Commands change it while a gateway reads it. Every change is therefore made under a lock, from
 * what the file says at that moment, and written atomically; both means are given by the caller.
 */
import { readFileSync } from 'node:fs';
import { parse } from '@iarna/toml';
import type { Scope } from '../../schemas/define.js';
import { AuthInputError, isScope } from './scopes.js';
import { looksLikeToken } from './token.js';

/** One valid token; it never says the token itself. */
export interface TokenEntry {
  /** SHA-256, 64 lower-case hex digits. */
  readonly tokenHash: string;
  /** Unique in the file, 1–64 of `[A-Za-z0-9._:-]`. */
  readonly name: string;
  /** Who the token speaks for, 1–64 of `[A-Za-z0-9._:-]`. */
  readonly principal: string;
  /** At least one. */
  readonly scopes: readonly Scope[];
  /** Milliseconds since the epoch, like every `…AtMs`. */
  readonly createdAtMs: number;
  /** From this moment on the token is refused; null: never. */
  readonly expiresAtMs: number | null;
}

/** The file cannot be read or says something that makes no sense; `message` is one sentence that names it. */
export class TokenFileError extends Error {
  /** The system refused to read it, which may pass; otherwise its text is at fault. */
  get unreadable(): boolean {
    return this.cause !== undefined;
  }

  override readonly name = 'TokenFileError';
}

/** How the file is changed safely; both come from the caller. */
export interface TokenFileAccess {
  /** Runs `change` while no one else runs one, in this process or another. */
  withLock<T>(change: () => T): Promise<T>;
  /** Replaces a file in one step, with mode 0600. */
  writeFile(path: string, text: string): void;
}

/** The name of the token that the gateway makes itself. */
export const LOCAL_TOKEN_NAME = 'local';

const NAME_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/;
const HASH_PATTERN = /^[0-9a-f]{64}$/;
const KEYS: ReadonlySet<string> = new Set(['hash', 'name', 'principal', 'scopes', 'created', 'expires']);

const HEADER = `# Tokens that this gateway accepts, as SHA-256 hashes.
# Written by \`openclaw token create\` and \`openclaw token revoke\`; a running gateway notices every change.
`;

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** An offset date-time only: TOML's local dates arrive as subclasses of Date and mean another moment elsewhere. */
const isMoment = (value: unknown): value is Date =>
  value instanceof Date && Object.getPrototypeOf(value) === Date.prototype && !Number.isNaN(value.getTime());

/** The first thing that is wrong with an entry, as the end of a sentence; null where it is sound. */
const faultOf = (entry: Record<string, unknown>): string | null => {
  const unknownKey = Object.keys(entry).find((key) => !KEYS.has(key));
  if (unknownKey !== undefined) return `has the unknown key ${JSON.stringify(unknownKey)}`;
  const { hash, name, principal, scopes, created, expires } = entry;
  if (typeof hash !== 'string' || !HASH_PATTERN.test(hash)) return 'needs a hash of 64 lower-case hex digits';
  if (typeof name !== 'string' || !NAME_PATTERN.test(name))
    return 'needs a name of 1 to 64 of A-Z a-z 0-9 . _ : -';
  if (typeof principal !== 'string' || !NAME_PATTERN.test(principal)) {
    return 'needs a principal of 1 to 64 of A-Z a-z 0-9 . _ : -';
  }
  if (!Array.isArray(scopes) || scopes.length === 0) return 'needs a list of scopes';
  if (!scopes.every((scope) => typeof scope === 'string' && isScope(scope)))
    return 'names a scope that does not exist';
  if (!isMoment(created)) return 'needs the time it was created, such as 2026-03-20T10:15:23Z';
  if (expires !== undefined && !isMoment(expires))
    return 'needs a time such as 2026-03-20T10:15:23Z as expires';
  return null;
};

/**
 * Reads the text of a token file. One broken entry breaks the file: half a list of credentials is not
 * something to guess about.
 *
 * @throws TokenFileError, naming `path` and the line or the entry.
 */
export const parseTokenFile = (text: string, path: string): readonly TokenEntry[] => {
  const broken = (what: string) =>
    new TokenFileError(
      `${path} ${what}: correct it, or delete it and make new tokens with \`openclaw token create\`.`,
    );
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    // The parser's own message quotes the file, and belongs in no log.
    const { line } = error as { line?: unknown };
    throw broken(`is not valid TOML${typeof line === 'number' ? ` at line ${line + 1}` : ''}`);
  }
  const unknownKey = Object.keys(document).find((key) => key !== 'token');
  if (unknownKey !== undefined) throw broken(`has the unknown key ${JSON.stringify(unknownKey)}`);
  const tables: unknown = document.token ?? [];
  if (!Array.isArray(tables)) throw broken('has a token key that is no list of [[token]] tables');
  const names = new Set<string>();
  const hashes = new Set<string>();
  return tables.map((table: unknown, index) => {
    const fault = isTable(table) ? faultOf(table) : 'is no table';
    if (fault !== null) throw broken(`has a [[token]] entry, number ${index + 1}, that ${fault}`);
    const sound = table as {
      hash: string;
      name: string;
      principal: string;
      scopes: Scope[];
      created: Date;
      expires?: Date;
    };
    if (names.size === names.add(sound.name).size)
      throw broken(`has two tokens named ${JSON.stringify(sound.name)}`);
    if (hashes.size === hashes.add(sound.hash).size) throw broken('has the same hash twice');
    return {
      tokenHash: sound.hash,
      name: sound.name,
      principal: sound.principal,
      scopes: [...new Set(sound.scopes)],
      createdAtMs: sound.created.getTime(),
      expiresAtMs: sound.expires?.getTime() ?? null,
    };
  });
};

/**
 * Reads a token file; one that does not exist holds no token.
 *
 * @throws TokenFileError where it cannot be read or is broken.
 */
export const readTokenFile = (path: string): readonly TokenEntry[] => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new TokenFileError(`${path} cannot be read (${code}): make it a file that this user may read.`, {
      cause: error,
    });
  }
  return parseTokenFile(text, path);
};

const moment = (atMs: number): string => new Date(atMs).toISOString();

// Every string below is of an alphabet that needs no escape: see faultOf and checkInput.
const renderEntry = (entry: TokenEntry): string => `
[[token]]
name = "${entry.name}"
principal = "${entry.principal}"
scopes = [${entry.scopes.map((scope) => `"${scope}"`).join(', ')}]
created = ${moment(entry.createdAtMs)}
${entry.expiresAtMs === null ? '' : `expires = ${moment(entry.expiresAtMs)}\n`}hash = "${entry.tokenHash}"
`;

/** The text of a token file; {@link parseTokenFile} reads the same entries back. */
export const renderTokenFile = (entries: readonly TokenEntry[]): string =>
  HEADER + entries.map(renderEntry).join('');

/** A token where a name is asked for would be stored, or repeated on a screen. */
const refuseSecret = (name: string): void => {
  if (looksLikeToken(name)) {
    throw new AuthInputError('That is a token, not the name of one: `openclaw token list` shows the names.');
  }
};

const checkInput = (entry: TokenEntry): void => {
  refuseSecret(entry.name);
  refuseSecret(entry.principal);
  for (const [what, text] of [
    ['name', entry.name],
    ['principal', entry.principal],
  ] as const) {
    if (!NAME_PATTERN.test(text)) {
      throw new AuthInputError(
        `${JSON.stringify(text)} is no ${what} for a token: use 1 to 64 letters, digits, dots, dashes, colons or underscores.`,
      );
    }
  }
  if (!HASH_PATTERN.test(entry.tokenHash)) throw new TypeError('tokenHash must come from hashToken');
};

/** The token file as the commands use it: list, add, revoke. */
export class TokenFile {
  readonly path: string;
  readonly #access: TokenFileAccess;

  constructor(path: string, access: TokenFileAccess) {
    this.path = path;
    this.#access = access;
  }

  /** Every token that has not been revoked, expired ones included. Throws TokenFileError. */
  list(): readonly TokenEntry[] {
    return readTokenFile(this.path);
  }

  /**
   * Adds a token.
   *
   * @throws AuthInputError where its name is taken, reserved or, like its principal, malformed; TokenFileError;
   *   what the access throws.
   */
  async add(entry: TokenEntry): Promise<void> {
    if (entry.name === LOCAL_TOKEN_NAME) {
      throw new AuthInputError(`"${LOCAL_TOKEN_NAME}" is the gateway's own token: choose another name.`);
    }
    checkInput(entry);
    await this.#access.withLock(() => {
      const entries = this.list();
      if (entries.some(({ name }) => name === entry.name)) {
        throw new AuthInputError(
          `There is a token named "${entry.name}" already: choose another name, or run \`openclaw token revoke ${entry.name}\` first.`,
        );
      }
      this.#write([...entries, entry]);
    });
  }

  /** Adds a token, in the place of the one of the same name if there is one. Throws like {@link add}. */
  async put(entry: TokenEntry): Promise<void> {
    checkInput(entry);
    await this.#access.withLock(() => {
      this.#write([...this.list().filter(({ name }) => name !== entry.name), entry]);
    });
  }

  /**
   * Removes a token; a running gateway closes its connections within a second.
   *
   * @throws AuthInputError where there is no such token; TokenFileError.
   */
  async revoke(name: string): Promise<void> {
    refuseSecret(name);
    await this.#access.withLock(() => {
      const entries = this.list();
      const rest = entries.filter((entry) => entry.name !== name);
      if (rest.length === entries.length) {
        throw new AuthInputError(
          `There is no token named ${JSON.stringify(name)}: \`openclaw token list\` shows those there are.`,
        );
      }
      this.#write(rest);
    });
  }

  #write(entries: readonly TokenEntry[]): void {
    this.#access.writeFile(this.path, renderTokenFile(entries));
  }
}
