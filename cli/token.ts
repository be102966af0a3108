/** `openclaw token`: who may connect. Works on the files of the home directory, gateway or not. */
import type { Command } from 'commander';
import { readTokenSecret } from '../server/auth/first-start.js';
import { AuthInputError, DEFAULT_SCOPES, parseDurationMs, parseScopes } from '../server/auth/scopes.js';
import { hashToken, makeToken } from '../server/auth/token.js';
import { TokenFile, TokenFileError } from '../server/auth/token-file.js';
import { HomeError } from '../server/config/errors.js';
import { ensureHome, type Home, resolveHome } from '../server/config/home.js';
import { withFileLock } from '../server/config/lock.js';
import { writeFileAtomically } from '../server/config/write-file.js';
import { CliError } from './io.js';
import { formatTable, shortTime, styleFor, type Terminal } from './terminal.js';

interface CreateOptions {
  readonly name: string;
  readonly principal: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

/** Adds the command to `program`. */
export const registerToken = (program: Command, io: Terminal): void => {
  const token = program.command('token').description('Create, list and revoke tokens');
  const home = resolveHome(io.env);

  token
    .command('create')
    .description('Create a token and print it, once')
    .requiredOption('--name <name>', 'what the token is called in lists')
    .option('--principal <principal>', 'whom it speaks for: one principal sees no other’s channels', 'local')
    .option('--scopes <a,b>', `what it may do (default: ${DEFAULT_SCOPES.join(',')})`)
    .option('--expires <duration>', 'how long it is valid, such as 30d, 12h or 45m (default: until revoked)')
    .option('--json', 'print token, name, principal, scopes and expiry as JSON')
    .action((options: CreateOptions) => explain(() => create(options, home, io)));
  token
    .command('list')
    .description('List the tokens, without the tokens themselves')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: boolean }) => explain(() => list(json, home, io)));
  token
    .command('revoke')
    .description('Revoke a token; its connections are closed within a second')
    .argument('<name>', 'the token’s name')
    .action((name: string) =>
      explain(async () => {
        ensureHome(home);
        await tokenFile(home).revoke(name);
        io.stderr.write(`${name} is revoked.\n`);
      }),
    );
  token
    .command('show')
    .description('Print the local token, which this machine’s commands use')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: boolean }) => explain(() => show(json, home, io)));
};

const tokenFile = ({ tokensFile, tokensLock }: Home): TokenFile =>
  new TokenFile(tokensFile, {
    withLock: (change) => withFileLock(tokensLock, change),
    writeFile: writeFileAtomically,
  });

/** Turns what goes wrong with the files into what ends a command. */
const explain = async (action: () => void | Promise<void>): Promise<void> => {
  try {
    await action();
  } catch (error) {
    if (error instanceof AuthInputError || error instanceof TokenFileError || error instanceof HomeError) {
      throw new CliError(error.message);
    }
    throw error;
  }
};

const create = async (options: CreateOptions, home: Home, io: Terminal): Promise<void> => {
  const { name, principal } = options;
  const scopes = usage(() => (options.scopes === undefined ? DEFAULT_SCOPES : parseScopes(options.scopes)));
  const lifetimeMs = usage(() => (options.expires === undefined ? null : parseDurationMs(options.expires)));
  const createdAtMs = Date.now();
  const expiresAtMs = lifetimeMs === null ? null : createdAtMs + lifetimeMs;
  const token = makeToken('user');
  ensureHome(home);
  await tokenFile(home).add({
    tokenHash: hashToken(token),
    name,
    principal,
    scopes,
    createdAtMs,
    expiresAtMs,
  });
  if (options.json) {
    io.stdout.write(
      `${JSON.stringify({ token, name, principal, scopes, expires_at: timestamp(expiresAtMs) }, null, 2)}\n`,
    );
    return;
  }
  io.stdout.write(`${token}\n`);
  if (io.stdout.isTTY) io.stderr.write('Keep it now: it is stored as a hash and cannot be shown again.\n');
};

/** What a person wrote after an option is a matter of usage where it does not parse. */
const usage = <T>(parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AuthInputError ? new CliError(error.message, 2) : error;
  }
};

const timestamp = (atMs: number | null): string | null =>
  atMs === null ? null : new Date(atMs).toISOString();

const list = (json: boolean | undefined, home: Home, io: Terminal): void => {
  const nowMs = Date.now();
  const tokens = tokenFile(home)
    .list()
    .map(({ name, principal, scopes, createdAtMs, expiresAtMs }) => ({
      name,
      principal,
      scopes,
      created_at: timestamp(createdAtMs) ?? '',
      expires_at: timestamp(expiresAtMs),
      expired: expiresAtMs !== null && expiresAtMs <= nowMs,
    }));
  if (json) {
    io.stdout.write(`${JSON.stringify(tokens, null, 2)}\n`);
    return;
  }
  const rows = tokens.map(({ name, principal, scopes, created_at, expires_at, expired }) => [
    name,
    principal,
    scopes.join(','),
    shortTime(created_at),
    expires_at === null ? 'never' : `${shortTime(expires_at)}${expired ? ' (expired)' : ''}`,
  ]);
  io.stdout.write(formatTable(['NAME', 'PRINCIPAL', 'SCOPES', 'CREATED', 'EXPIRES'], rows, styleFor(io)));
};

const show = (json: boolean | undefined, home: Home, io: Terminal): void => {
  const token = readTokenSecret(home.localTokenFile);
  if (token === null) {
    throw new CliError(
      `There is no local token in ${home.localTokenFile} yet: \`openclaw gateway\` makes it when it starts.`,
    );
  }
  io.stdout.write(json ? `${JSON.stringify({ token }, null, 2)}\n` : `${token}\n`);
};
