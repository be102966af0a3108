/** The command line of the load suite. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.js';
import { SERVERS, type ServerName } from './target.js';

export interface LoadOptions {
  readonly scenario: Scenario;
  readonly connections: number;
  readonly seconds: number;
  readonly heartbeatSeconds: number;
  readonly server: ServerName;
  /** A running server instead of one that is started; its token is read from the file. */
  readonly running: { readonly url: string; readonly token: string; readonly pid: number | null } | null;
  readonly processes: number;
  readonly nodeFlags: readonly string[];
  /** Where the result goes as JSON; null: nowhere. */
  readonly jsonFile: string | null;
}

/** The command line cannot be followed; the message is one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const FLAGS = {
  scenario: { type: 'string' },
  connections: { type: 'string' },
  seconds: { type: 'string' },
  heartbeat: { type: 'string' },
  server: { type: 'string', default: 'gateway' },
  url: { type: 'string' },
  'token-file': { type: 'string' },
  pid: { type: 'string' },
  processes: { type: 'string' },
  'node-flag': { type: 'string', multiple: true },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export const usage = (scenarios: readonly Scenario[]): string => `\
npm run bench:load -- --scenario NAME [options]

Scenarios
${scenarios.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

Options
  --connections N    how many, at most
  --seconds S        how long to measure
  --heartbeat S      the server's heartbeat interval
  --server NAME      what to start: ${SERVERS.join(' or ')} (gateway)
  --node-flag FLAG   for the server's Node.js, such as --cpu-prof; may be repeated
  --url URL          a running gateway instead, with --token-file FILE and, for its figures, --pid N
  --processes N      of clients
  --json FILE        writes the result there as well
`;

/** Null where help was asked for. @throws UsageError */
export const readOptions = (args: readonly string[], scenarios: readonly Scenario[]): LoadOptions | null => {
  const values = parse(args);
  if (values.help) return null;
  const names = scenarios.map(({ name }) => name).join(', ');
  const scenario = scenarios.find(({ name }) => name === values.scenario);
  if (scenario === undefined) throw new UsageError(`Name a scenario with --scenario: ${names}.`);
  const server = SERVERS.find((name) => name === values.server);
  if (server === undefined) throw new UsageError(`--server is one of ${SERVERS.join(', ')}.`);
  const { defaults } = scenario;
  return {
    scenario,
    connections: wholeNumber('connections', values.connections) ?? defaults.connections,
    seconds: positive('seconds', values.seconds) ?? defaults.seconds,
    heartbeatSeconds: positive('heartbeat', values.heartbeat) ?? defaults.heartbeatSeconds,
    server,
    running: readRunning(values),
    processes: wholeNumber('processes', values.processes) ?? availableParallelism(),
    nodeFlags: values['node-flag'] ?? [],
    jsonFile: values.json ?? null,
  };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. --help lists the options.`);
  }
};

const readRunning = (values: ReturnType<typeof parse>): LoadOptions['running'] => {
  const { url, 'token-file': tokenFile, pid } = values;
  if (url === undefined) {
    if (tokenFile !== undefined || pid !== undefined) {
      throw new UsageError('--token-file and --pid belong to --url: name the gateway as well.');
    }
    return null;
  }
  if (tokenFile === undefined) throw new UsageError('--url needs --token-file: the file of a token.');
  if (!URL.canParse(url) || !/^ws:\/\/[^/]+:\d+/.test(url)) {
    throw new UsageError('--url is a ws: URL with a port, such as ws://127.0.0.1:18789.');
  }
  return { url, token: readToken(tokenFile), pid: wholeNumber('pid', pid) };
};

const readToken = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new UsageError(`The token file ${path} cannot be read: name another with --token-file.`);
  }
};

/** Null where it was not given. */
const positive = (flag: string, text: string | undefined): number | null => {
  if (text === undefined) return null;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value <= 0) {
    throw new UsageError(`--${flag} is a number above 0, not ${text}.`);
  }
  return value;
};

const wholeNumber = (flag: string, text: string | undefined): number | null => {
  const value = positive(flag, text);
  if (value !== null && !Number.isSafeInteger(value)) {
    throw new UsageError(`--${flag} is a whole number, not ${text}.`);
  }
  return value;
};
