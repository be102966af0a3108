/**
 * Measures servers side by side: in each round fresh processes of all of them, which take turns of a quarter of a second,
 * their order reversed each time. What slows the machine for longer than that slows all alike.
 */
import type { Measurement } from './client/measure.js';
import { type RunningClient, startClient } from './client-process.js';
import type { Cores } from './cores.js';
import { startServer } from './server-process.js';
import type { Peer } from './servers.js';
import { orderOf } from './statistics.js';

/** How long a server plays before it is another's turn, at most. */
const TURN_SECONDS = 0.25;

/** So many connections, each with so many requests in flight. */
export interface Load {
  readonly connections: number;
  readonly depth: number;
}

export interface CompareOptions {
  readonly peers: readonly Peer[];
  readonly loads: readonly Load[];
  readonly rounds: number;
  readonly warmupSeconds: number;
  /** Of each server in each round, in turns. */
  readonly seconds: number;
  /** Null: nobody is pinned. */
  readonly cores: Cores | null;
  /** Null: the client runs on this Node.js, and no server needs Bun. */
  readonly bun: string | null;
  readonly signal: AbortSignal;
  /** Called when a server is started, and before each of its turns. */
  readonly onStep: (peer: Peer, load: Load, round: number) => void;
}

/** What one server did under one load, a measurement for each round. */
export interface Series {
  readonly peer: Peer;
  readonly load: Load;
  readonly rounds: readonly Measurement[];
}

/** Steps of a comparison, as `onStep` counts them. */
export const stepsOf = ({ peers, loads, rounds, seconds }: Omit<CompareOptions, 'onStep'>): number =>
  peers.length * loads.length * rounds * (1 + turnsOf(seconds));

const turnsOf = (seconds: number): number => Math.ceil(seconds / TURN_SECONDS);

/** By load, and by server in the order they were named. */
export const compare = async (options: CompareOptions): Promise<Series[]> => {
  const series: Series[] = [];
  for (const load of options.loads) {
    const measured = new Map<Peer, Measurement[]>(options.peers.map((peer) => [peer, []]));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [peer, measurement] of await playRound(load, round, options)) {
        measured.get(peer)?.push(measurement);
      }
    }
    for (const [peer, rounds] of measured) series.push({ peer, load, rounds });
  }
  return series;
};

/** A server and its client, of whom one plays at a time. */
interface Entrant {
  readonly peer: Peer;
  readonly client: RunningClient;
  readonly turns: Measurement[];
}

const playRound = async (
  load: Load,
  round: number,
  options: CompareOptions,
): Promise<[Peer, Measurement][]> => {
  const entrants: Entrant[] = [];
  const ends: (() => Promise<void>)[] = [];
  const turns = turnsOf(options.seconds);
  try {
    for (const peer of orderOf(options.peers, round)) {
      options.onStep(peer, load, round);
      entrants.push(await enter(peer, load, options, ends));
    }
    for (let turn = 0; turn < turns; turn += 1) {
      for (const { peer, client, turns: mine } of orderOf(entrants, turn)) {
        options.onStep(peer, load, round);
        mine.push(await named(peer, client.measure(options.seconds / turns)));
      }
    }
  } finally {
    // Clients before their servers: that they lose their connections is no fault then.
    for (const end of ends.reverse()) await end();
  }
  return entrants.map(({ peer, turns: mine }) => [peer, together(mine)]);
};

/** @param ends what has been started and is to be ended is added to it */
const enter = async (
  peer: Peer,
  load: Load,
  { cores, bun, signal, warmupSeconds }: CompareOptions,
  ends: (() => Promise<void>)[],
): Promise<Entrant> => {
  const runtime = peer.runtime === 'bun' ? bun : process.execPath;
  if (runtime === null) throw new Error(`${peer.name} needs Bun, which is not installed.`);
  const server = await startServer(peer, { core: cores?.server ?? null, runtime, signal });
  ends.push(() => server.end());
  const { url, token, pid: serverPid } = server;
  const order = { url, token, serverPid, dialect: peer.dialect, ...load, warmupSeconds };
  const clientOptions = { core: cores?.client ?? null, runtime: bun ?? process.execPath, signal };
  const client = await named(peer, startClient(order, clientOptions));
  ends.push(() => client.end());
  return { peer, client, turns: [] };
};

/** A fault of the client says whose. */
const named = async <T>(peer: Peer, step: Promise<T>): Promise<T> => {
  try {
    return await step;
  } catch (error) {
    throw new Error(`${peer.name}: ${(error as Error).message}`, { cause: error });
  }
};

/** The sum of a server's turns. */
const together = (turns: readonly Measurement[]): Measurement => {
  const sum = (of: (turn: Measurement) => number | null): number =>
    turns.reduce((total, turn) => total + (of(turn) ?? Number.NaN), 0);
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return {
    seconds: sum(({ seconds }) => seconds),
    replies: sum(({ replies }) => replies),
    serverSeconds: orNull(sum(({ serverSeconds }) => serverSeconds)),
    clientSeconds: sum(({ clientSeconds }) => clientSeconds),
    elseSeconds: orNull(sum(({ elseSeconds }) => elseSeconds)),
  };
};
