/** The home directory: where everything of one gateway stands (protocol sections 8 and 9). */
import { mkdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { HomeError, reasonOf } from './errors.js';
import { holdLock } from './lock.js';

/** Absolute paths. Only `dir` is made by {@link ensureHome}; the files appear when they are written. */
export interface Home {
  readonly dir: string;
  readonly configFile: string;
  /** The token of kind `local`, for the command line of this machine. */
  readonly localTokenFile: string;
  readonly tokensFile: string;
  readonly databaseFile: string;
  /** What each MCP server's tools are held to. */
  readonly skillsFile: string;
  /** Which programs of MCP servers run. */
  readonly skillProcessesFile: string;
  /** How commands find the running gateway. */
  readonly gatewayFile: string;
  /** What was typed in conversations on a terminal. */
  readonly chatHistoryFile: string;
  /** Held by the one gateway that runs in this home. */
  readonly gatewayLock: string;
  /** Held while `tokens.toml` is rewritten. */
  readonly tokensLock: string;
}

/** `$OPENCLAW_HOME`, else `~/.openclaw`. Touches no file. */
export function resolveHome(env: Readonly<Record<string, string | undefined>>): Home {
  const dir = env.OPENCLAW_HOME
    ? resolve(env.OPENCLAW_HOME)
    : join(resolve(env.HOME || userInfo().homedir), '.openclaw');
  return {
    dir,
    configFile: join(dir, 'config.toml'),
    localTokenFile: join(dir, 'local-token'),
    tokensFile: join(dir, 'tokens.toml'),
    databaseFile: join(dir, 'openclaw.db'),
    skillsFile: join(dir, 'skills.json'),
    skillProcessesFile: join(dir, 'skill-processes.json'),
    gatewayFile: join(dir, 'gateway.json'),
    chatHistoryFile: join(dir, 'chat-history'),
    gatewayLock: join(dir, 'gateway.lock'),
    tokensLock: lockPathOf(join(dir, 'tokens.toml')),
  };
}

/** The lock beside a file that is rewritten as a whole. */
export const lockPathOf = (file: string): string => `${file}.lock`;

/**
 * Makes the home directory (0700). One that is there already keeps its mode: it may be anything that
 * somebody named by mistake, and the files in it are private each for itself.
 *
 * @throws HomeError where it cannot be used, or everyone could change who may come in or what is started.
 */
export function ensureHome(home: Home): void {
  try {
    mkdirSync(home.dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    // EEXIST: recursive mkdir minds nothing but a file of that name.
    const reason =
      error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'it is a file' : reasonOf(error);
    throw new HomeError(
      `The home directory ${home.dir} cannot be made: ${reason}; set OPENCLAW_HOME to another place.`,
    );
  }
  if (process.platform === 'win32') return;
  // A mounted volume may be open to a group: that is the deployment's choice (fsGroup).
  if (isOpenToAll(home.dir)) {
    throw new HomeError(
      `The home directory ${home.dir} can be written by everyone; run chmod 700 on it, or set OPENCLAW_HOME to another place.`,
    );
  }
  // Who may come in, and which programs are started.
  for (const file of [home.tokensFile, home.localTokenFile, home.configFile, home.skillsFile]) {
    if (!isOpenToAll(file)) continue;
    throw new HomeError(
      `${file} can be written by everyone; look whether somebody has, and run chmod 600 on it.`,
    );
  }
}

const isOpenToAll = (path: string): boolean =>
  ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0;

/**
 * Makes this process the one gateway of its home, until the returned function is called or the process ends.
 *
 * @throws LockHeldError where another gateway holds it.
 */
export function lockHome(home: Home): () => void {
  return holdLock(
    home.gatewayLock,
    `Another gateway is running in ${home.dir}; stop it, or set OPENCLAW_HOME to another directory for this one.`,
  );
}
