/** Which gateway a command talks to, and with which token (protocol section 9). */
import { isIPv6 } from 'node:net';
import type { Command } from 'commander';
import { readTokenSecret } from '../server/auth/first-start.js';
import { TokenFileError } from '../server/auth/token-file.js';
import { ConfigError } from '../server/config/errors.js';
import { readGatewayFile } from '../server/config/gateway-file.js';
import { type Home, resolveHome } from '../server/config/home.js';
import { KeyError, readSecretVariable } from '../server/config/secret.js';
import { CliError, type Io } from './io.js';

export interface Target {
  /** `ws://…` or `wss://…`; never with a user, a password or a token in it. */
  readonly url: string;
  /** SHA-256 of the one certificate to trust: that of the gateway of this home. */
  readonly fingerprint?: string;
  readonly token: string;
  /** Where the token came from, in words. */
  readonly tokenSource: string;
}

export interface TargetOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  /** The program's `--config`. */
  readonly config?: string;
}

/** Adds the options of every command that talks to a gateway. */
export const addTargetOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'address of the gateway; else OPENCLAW_URL, else the one running here')
    .option(
      '--token-file <file>',
      'a file with the token; else OPENCLAW_TOKEN or OPENCLAW_TOKEN_FILE, else the local token',
    );

/**
 * Finds the gateway and the token.
 *
 * @throws CliError where the URL or the configuration is malformed, or there is no token.
 */
export const resolveTarget = async (options: TargetOptions, { env }: Io): Promise<Target> => {
  const home = resolveHome(env);
  const running = readGatewayFile(home.gatewayFile);
  const runningUrl = running === null ? null : connectableUrl(running.url);
  const url = checkUrl(
    options.url ?? (env.OPENCLAW_URL || (runningUrl ?? (await configuredUrl(home, options, env)))),
  );
  const found = findToken(options.tokenFile, home, env);
  if (
    found.tokenSource === home.localTokenFile &&
    !isLoopback(new URL(url).hostname) &&
    !sameUrl(url, runningUrl ?? '')
  ) {
    throw new CliError(
      `The local token is for the gateway of this machine: give one of the gateway at ${url} with --token-file or OPENCLAW_TOKEN.`,
    );
  }
  return {
    url,
    ...(running?.fingerprint !== undefined && sameUrl(url, runningUrl ?? '')
      ? { fingerprint: running.fingerprint }
      : {}),
    ...found,
  };
};

/** Of a URL: an IPv6 address stands in brackets. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);

/** Whether two texts name one address; false where the second is no URL. */
export const sameUrl = (left: string, right: string): boolean =>
  URL.canParse(right) && new URL(left).href === new URL(right).href;

/** The message repeats nothing of the URL: it may be a token in the wrong place. */
const checkUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^wss?:$/.test(url.protocol)) {
    throw new CliError(
      'The URL of the gateway must start with ws:// or wss://, such as ws://127.0.0.1:18789.',
      2,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CliError(
      'A gateway’s URL carries no secret: put the token in a file and name it with --token-file.',
      2,
    );
  }
  return text;
};

/** Where the gateway would listen. Loaded only here: a running gateway is found without the configuration. */
const configuredUrl = async (home: Home, options: TargetOptions, env: Io['env']): Promise<string> => {
  const { loadConfig } = await import('../server/config/load.js');
  try {
    const { gateway } = loadConfig({ home, env, file: options.config }).config;
    return `${gateway.tls.enabled ? 'wss' : 'ws'}://${connectableHost(gateway.host)}:${gateway.port}`;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message);
    throw error;
  }
};

/** Addresses to listen on that are none to connect to. */
const ANY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** What stands in a URL for an address that a gateway of this machine listens on. */
export const connectableHost = (listening: string): string => {
  const host = ANY_ADDRESS.get(listening) ?? listening;
  return isIPv6(host) ? `[${host}]` : host;
};

/** The same for a URL: one of every address is no name that a gateway is known by. */
export const connectableUrl = (listening: string): string => {
  if (!URL.canParse(listening)) return listening;
  const { protocol, hostname, port } = new URL(listening);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!ANY_ADDRESS.has(host)) return listening;
  return `${protocol}//${connectableHost(host)}${port === '' ? '' : `:${port}`}`;
};

const findToken = (
  tokenFile: string | undefined,
  home: Home,
  env: Io['env'],
): Pick<Target, 'token' | 'tokenSource'> => {
  if (tokenFile !== undefined)
    return readToken(tokenFile, `${tokenFile} does not exist: name a file that holds a token.`);
  const token = tokenOfEnvironment(env);
  if (token !== null) return { token, tokenSource: 'OPENCLAW_TOKEN' };
  return readToken(
    home.localTokenFile,
    `There is no token in ${home.localTokenFile}: start a gateway with \`openclaw gateway\`, or give a token with --token-file or OPENCLAW_TOKEN.`,
  );
};

/** Of OPENCLAW_TOKEN, or the file that OPENCLAW_TOKEN_FILE names; null: neither is set. */
const tokenOfEnvironment = (env: Io['env']): string | null => {
  try {
    const found = readSecretVariable('The token is taken from OPENCLAW_TOKEN', 'OPENCLAW_TOKEN', env);
    return found === null ? null : checkToken(found.text.trim(), 'OPENCLAW_TOKEN');
  } catch (error) {
    if (error instanceof KeyError) throw new CliError(error.message);
    throw error;
  }
};

const readToken = (file: string, missing: string): Pick<Target, 'token' | 'tokenSource'> => {
  try {
    const token = readTokenSecret(file);
    if (token === null) throw new CliError(missing);
    return { token: checkToken(token, file), tokenSource: file };
  } catch (error) {
    if (error instanceof TokenFileError) throw new CliError(error.message);
    throw error;
  }
};

const checkToken = (token: string, source: string): string => {
  if (!/^[\x21-\x7e]{1,512}$/.test(token))
    throw new CliError(`${source} holds no token: put one there, alone on its line.`);
  return token;
};
