/** The token that lets this machine's own command line in (protocol section 3). */
import { readFileSync } from 'node:fs';
import { ALL_SCOPES } from './scopes.js';
import { hashToken, makeToken } from './token.js';
import { LOCAL_TOKEN_NAME, type TokenFile, TokenFileError } from './token-file.js';

interface LocalTokenOptions {
  readonly tokens: TokenFile;
  /** Path of `local-token`. */
  readonly path: string;
  /** Replaces a file in one step, with mode 0600. */
  readonly writeFile: (path: string, text: string) => void;
  readonly nowMs: number;
  /** The token that it has to be, of the form `oc_local_…`; null: one is made. */
  readonly given?: string | null;
}

/** The token in a file, without the line end behind it; null where there is no such file. Throws TokenFileError. */
export const readTokenSecret = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new TokenFileError(`${path} cannot be read (${code}): make it a file that this user may read.`);
  }
};

/**
 * Makes sure that `local-token` holds a valid token: one of kind `local`, for principal `local`, with every scope.
 * A new one is made, and takes the place of the old, where the file is missing or its token has been revoked or
 * has expired, or where another one is given. The token is written nowhere else.
 *
 * @returns whether the token is a new one.
 * @throws TokenFileError where either file cannot be read or `tokens.toml` is broken.
 */
export const ensureLocalToken = async ({
  tokens,
  path,
  writeFile,
  nowMs,
  given = null,
}: LocalTokenOptions): Promise<boolean> => {
  const present = readTokenSecret(path);
  if (present !== null && (given === null || present === given)) {
    const tokenHash = hashToken(present);
    const entry = tokens.list().find((candidate) => candidate.tokenHash === tokenHash);
    if (entry !== undefined && (entry.expiresAtMs === null || entry.expiresAtMs > nowMs)) return false;
  }
  const token = given ?? makeToken('local');
  // Valid first, visible second: whoever reads `local-token` gets in.
  await tokens.put({
    tokenHash: hashToken(token),
    name: LOCAL_TOKEN_NAME,
    principal: 'local',
    scopes: ALL_SCOPES,
    createdAtMs: nowMs,
    expiresAtMs: null,
  });
  writeFile(path, `${token}\n`);
  return true;
};
