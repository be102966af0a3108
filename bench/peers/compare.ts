/** Measures servers side by side: a fresh process for each measurement, their order reversed each round. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Measurement, Order } from './client/measure.js';
import { type Cores, pinned } from './cores.js';
import { startServer } from './server-process.js';
import type { Peer } from './servers.js';
import { orderOf } from './statistics.js';

const CLIENT = join(import.meta.dirname, 'client', 'main.js');

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
  readonly seconds: number;
  /** Null: nobody is pinned. */
  readonly cores: Cores | null;
  /** Null: the client runs on this Node.js, and no server needs Bun. */
  readonly bun: string | null;
  readonly signal: AbortSignal;
  /** Called before each measurement. */
  readonly onStep: (peer: Peer, load: Load, round: number) => void;
}

/** What one server did under one load, a measurement for each round. */
export interface Series {
  readonly peer: Peer;
  readonly load: Load;
  readonly rounds: readonly Measurement[];
}

/** By load, and by server in the order they were named. */
export const compare = async (options: CompareOptions): Promise<Series[]> => {
  const series: Series[] = [];
  for (const load of options.loads) {
    const measured = new Map<Peer, Measurement[]>(options.peers.map((peer) => [peer, []]));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const peer of orderOf(options.peers, round)) {
        options.onStep(peer, load, round);
        measured.get(peer)?.push(await measureFresh(peer, load, options));
      }
    }
    for (const [peer, rounds] of measured) series.push({ peer, load, rounds });
  }
  return series;
};

const measureFresh = async (peer: Peer, load: Load, options: CompareOptions): Promise<Measurement> => {
  const { cores, bun, signal, warmupSeconds, seconds } = options;
  const runtime = peer.runtime === 'bun' ? bun : process.execPath;
  if (runtime === null) throw new Error(`${peer.name} needs Bun, which is not installed.`);
  const server = await startServer(peer, { core: cores?.server ?? null, runtime, signal });
  try {
    return await runClient(options, {
      url: server.url,
      token: server.token,
      serverPid: server.pid,
      dialect: peer.dialect,
      ...load,
      warmupSeconds,
      seconds,
    });
  } catch (error) {
    throw new Error(`${peer.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    await server.end();
  }
};

const runClient = ({ cores, bun, signal }: CompareOptions, order: Order): Promise<Measurement> =>
  new Promise((resolve, reject) => {
    const [command, ...args] = pinned(cores?.client ?? null, [bun ?? process.execPath, CLIENT]);
    const child = spawn(command, [...args, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let printed = '';
    let complained = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve(JSON.parse(printed) as Measurement);
      else reject(new Error(complained.trim() || `the client ended with ${status}`));
    });
  });
