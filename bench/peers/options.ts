/** The command line of the comparison. */
import { parseArgs } from 'node:util';
import { MAX_ORDINAL } from './client/dialects.js';
import type { Load } from './compare.js';
import { ECHO, PEERS, type Peer } from './servers.js';

export interface PeersOptions {
  readonly peers: readonly Peer[];
  readonly loads: readonly Load[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Where the result goes as JSON; null: nowhere. */
  readonly jsonFile: string | null;
}

/** The command line cannot be followed; the message is one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What docs/benchmarks.md is made from. */
export const RESULT_FILE = 'bench/results/peers.json';

const FLAGS = {
  only: { type: 'string' },
  load: { type: 'string', default: '64x16,64x1,1000x1' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '3' },
  warmup: { type: 'string', default: '2' },
  json: { type: 'string' },
  'write-docs': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const usage = (): string => `\
npm run bench:peers -- [options]

The same small exchange (system.ping) with each server, side by side in one run. A server is on one core, the client on
another. In each round all are started afresh and take turns of a quarter of a second, their order reversed each time.

Servers
${PEERS.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary.replaceAll('`', '')}`).join('\n')}

Options
  --only A,B         these servers only; ${ECHO} is always among them, as the ratios are to it
  --load CxD,…       C connections with D requests in flight on each (${FLAGS.load.default})
  --rounds N         (${FLAGS.rounds.default})
  --seconds S        how long each server is measured in a round, all its turns together (${FLAGS.seconds.default})
  --warmup S         and how long it plays before them (${FLAGS.warmup.default})
  --json FILE        writes the result there
  --write-docs       writes it to ${RESULT_FILE}, and docs/benchmarks.md from that
`;

/** Null where help was asked for. @throws UsageError */
export const readOptions = (args: readonly string[]): PeersOptions | null => {
  const values = parse(args);
  if (values.help) return null;
  if (values['write-docs'] && (values.json !== undefined || values.only !== undefined)) {
    throw new UsageError(
      `--write-docs writes ${RESULT_FILE} about every server: leave out --json and --only.`,
    );
  }
  return {
    peers: readPeers(values.only),
    loads: values.load.split(',').map(readLoad),
    rounds: positive('rounds', values.rounds, true),
    seconds: positive('seconds', values.seconds),
    warmupSeconds: positive('warmup', values.warmup),
    jsonFile: values['write-docs'] ? RESULT_FILE : (values.json ?? null),
  };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}. --help lists the options.`);
  }
};

const readPeers = (list: string | undefined): readonly Peer[] => {
  if (list === undefined) return PEERS;
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--only knows no ${unknown}: it is one of ${PEERS.map(({ name }) => name).join(', ')}.`,
    );
  }
  return PEERS.filter(({ name }) => name === ECHO || names.includes(name));
};

const readLoad = (text: string): Load => {
  const [, connections, depth] = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(text.trim()) ?? [];
  const load = { connections: Number(connections), depth: Number(depth) };
  if (!(load.connections >= 1)) {
    throw new UsageError(
      `--load is a list such as 64x16,1000x1 (connections x requests in flight), not ${text}.`,
    );
  }
  const most = Math.floor((MAX_ORDINAL + 1) / 2);
  if (load.depth > most)
    throw new UsageError(`--load has at most ${most} requests in flight on a connection.`);
  return load;
};

const positive = (flag: string, text: string, whole = false): number => {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value <= 0) {
    throw new UsageError(`--${flag} is a number above 0, not ${text}.`);
  }
  if (whole && !Number.isSafeInteger(value))
    throw new UsageError(`--${flag} is a whole number, not ${text}.`);
  return value;
};
