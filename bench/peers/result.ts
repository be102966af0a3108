/** What a comparison comes to: figures for each server and load, and whether the goals are reached. */
import { describeMachine, type Machine, VERSION_MEASURED } from '../load/result.js';
import type { Measurement } from './client/measure.js';
import type { Load, Series } from './compare.js';
import type { Cores } from './cores.js';
import { ECHO, GATEWAY } from './servers.js';
import { ratios, type Spread, spreadOf } from './statistics.js';

export interface ServerResult {
  readonly name: string;
  readonly summary: string;
  readonly sameWork: boolean;
  readonly perSecond: Spread;
  /** Of `perSecond` to the bare echo's, round by round. */
  readonly ratio: Spread;
  /** Processor time of the server for a message; null where the system does not tell. */
  readonly micros: Spread | null;
  /** How many messages the server does for what a message costs the bare echo: the ratio of processor times. */
  readonly processorRatio: Spread | null;
  /** What server and client took of a core, at the median. */
  readonly serverShare: number | null;
  readonly clientShare: number;
  /** What was measured, round by round. */
  readonly rounds: readonly Measurement[];
}

export interface Goal {
  /** Whom the gateway is compared with. */
  readonly name: string;
  /** The median ratio, more is better. */
  readonly value: number;
  /** Messages a second, where both servers were the limit; otherwise processor time, as their rates were others' doing, too. */
  readonly by: 'rate' | 'processor time';
  readonly atLeast: number;
  readonly reached: boolean;
}

export interface LoadResult extends Load {
  readonly servers: readonly ServerResult[];
  readonly goals: readonly Goal[];
}

export interface PeersResult {
  readonly kind: 'peers';
  readonly command: string;
  readonly version: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly cores: Cores | null;
  /** What the client ran on. */
  readonly client: 'node' | 'bun';
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly loads: readonly LoadResult[];
  /** What makes the figures worth less. */
  readonly warnings: readonly string[];
}

/** Of the bare echo's messages a second, the least the gateway is to do, by load. */
const LEAST_RATIO: Readonly<Record<string, number>> = { '64x16': 0.75, '64x1': 0.9, '1000x1': 0.88 };
/** Of a rival that does the same work. */
const AHEAD = 1;
/** Whoever took more of its core than this was busy all the time. */
const BUSY = 0.9;
/** Others that took more of the machine than this will have cost the server its turns. */
const MUCH_ELSE = 0.1;

export const nameOf = ({ connections, depth }: Load): string => `${connections}x${depth}`;

const perSecondOf = ({ replies, seconds }: Measurement): number => replies / seconds;
const microsOf = ({ replies, serverSeconds }: Measurement): number =>
  serverSeconds === null ? Number.NaN : (1e6 * serverSeconds) / replies;

const serverResult = ({ peer, rounds }: Series, echo: Series): ServerResult => {
  const { name, summary, sameWork } = peer;
  const hasMicros = rounds.every(({ serverSeconds }) => serverSeconds !== null);
  return {
    name,
    summary,
    sameWork,
    perSecond: spreadOf(rounds.map(perSecondOf)),
    ratio: spreadOf(ratios(rounds.map(perSecondOf), echo.rounds.map(perSecondOf))),
    micros: hasMicros ? spreadOf(rounds.map(microsOf)) : null,
    processorRatio: hasMicros ? spreadOf(ratios(echo.rounds.map(microsOf), rounds.map(microsOf))) : null,
    serverShare: hasMicros
      ? spreadOf(rounds.map(({ serverSeconds, seconds }) => (serverSeconds ?? 0) / seconds)).median
      : null,
    clientShare: spreadOf(rounds.map(({ clientSeconds, seconds }) => clientSeconds / seconds)).median,
    rounds,
  };
};

/** Nobody waited for it: its rate is its own. True where the system does not tell. */
export const wasBusy = ({ serverShare }: ServerResult): boolean =>
  serverShare === null || serverShare >= BUSY;

/** The server was the limit: it was busy, and its client was not. */
const wasTheLimit = (server: ServerResult): boolean =>
  wasBusy(server) && (server.serverShare === null || server.clientShare < BUSY);

const goalsOf = (load: Load, servers: readonly ServerResult[]): Goal[] => {
  const gateway = servers.find(({ name }) => name === GATEWAY);
  if (gateway === undefined) return [];
  const goal = (rival: ServerResult, atLeast: number): Goal => {
    const byRate = wasTheLimit(gateway) && wasTheLimit(rival);
    const values = byRate
      ? ratios(gateway.rounds.map(perSecondOf), rival.rounds.map(perSecondOf))
      : ratios(rival.rounds.map(microsOf), gateway.rounds.map(microsOf));
    const value = spreadOf(values).median;
    const by = byRate ? 'rate' : 'processor time';
    return { name: rival.name, value, by, atLeast, reached: value >= atLeast };
  };
  return servers.flatMap((server) => {
    const atLeast = server.name === ECHO ? LEAST_RATIO[nameOf(load)] : AHEAD;
    const counts = server.name === ECHO || (server.sameWork && server !== gateway);
    return counts && atLeast !== undefined ? [goal(server, atLeast)] : [];
  });
};

/** The server waited while the client was busy. */
const clientWasTheLimit = (server: ServerResult): boolean => !wasBusy(server) && server.clientShare >= BUSY;

const warningsOf = (
  series: readonly Series[],
  loads: readonly LoadResult[],
  cores: Cores | null,
): string[] => {
  const warnings: string[] = [];
  if (cores === null) warnings.push('Server and client were not pinned to cores of their own.');
  for (const load of loads) {
    const limited = load.servers.filter(clientWasTheLimit).map(({ name }) => name);
    if (limited.length === 0) continue;
    warnings.push(
      `At ${nameOf(load)} the client was the limit for ${limited.join(', ')}: compare processor time there, not messages a second.`,
    );
  }
  const elseShares = series.flatMap(({ rounds }) =>
    rounds.map(({ elseSeconds, seconds }) => (elseSeconds ?? 0) / seconds),
  );
  const most = Math.max(0, ...elseShares) / describeMachine().cores;
  if (most > MUCH_ELSE) {
    warnings.push(
      `Other programs took up to ${Math.round(100 * most)} % of the machine: the figures are less certain.`,
    );
  }
  return warnings;
};

export interface Settings {
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cores: Cores | null;
  /** What the client ran on. */
  readonly client: 'node' | 'bun';
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

/** @param series by load, each with the bare echo among its servers */
export const resultOf = (series: readonly Series[], settings: Settings): PeersResult => {
  const loads = [...new Set(series.map(({ load }) => load))].map((load): LoadResult => {
    const mine = series.filter((each) => each.load === load);
    const echo = mine.find(({ peer }) => peer.name === ECHO);
    if (echo === undefined) throw new Error('ratios need the bare echo');
    const servers = mine.map((each) => serverResult(each, echo));
    return { ...load, servers, goals: goalsOf(load, servers) };
  });
  return {
    kind: 'peers',
    ...settings,
    version: VERSION_MEASURED,
    machine: describeMachine(),
    loads,
    warnings: warningsOf(series, loads, settings.cores),
  };
};
