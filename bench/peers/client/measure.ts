/** Plays for a while and says how many answers came, and what server, client and everybody else took meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import { busySeconds, hasProc, processorSeconds } from '../../load/processes.js';
import { DIALECTS, type DialectName, MAX_ORDINAL } from './dialects.js';
import { Player, type Table } from './player.js';
import { FrameRing } from './ring.js';

/** What is to be measured. */
export interface Order {
  readonly url: string;
  readonly token: string;
  readonly serverPid: number;
  readonly dialect: DialectName;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly depth: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface Measurement {
  readonly seconds: number;
  readonly replies: number;
  /** Processor time, all threads; null where the system does not tell. */
  readonly serverSeconds: number | null;
  readonly clientSeconds: number;
  /** Of everything else on the machine, all its cores. */
  readonly elseSeconds: number | null;
}

/** Beneath `gateway.max_unauthenticated_per_ip`. */
const JOINING_AT_ONCE = 50;
const JOIN_MS = 30_000;
const LEAST_IDS = 64;

/** Rejects where a connection is refused, ends, or gets an answer that is none. */
export const measure = async (order: Order): Promise<Measurement> => {
  const over = new AbortController();
  const failure = new Promise<never>((_resolve, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason as Error));
  });
  const table = layTable(order, (why) => over.abort(new Error(why)));
  try {
    return await Promise.race([play(order, table, over.signal), failure]);
  } finally {
    over.abort();
    for (const player of table.players) player.leave();
  }
};

const layTable = (order: Order, failed: (why: string) => void): Table => {
  const { hostname, port } = new URL(order.url);
  const { depth, token } = order;
  const dialect = DIALECTS[order.dialect];
  const ids = Math.max(LEAST_IDS, 2 * depth);
  if (ids > MAX_ORDINAL + 1) throw new Error('more requests in flight than there are ids');
  const ring = new FrameRing(Array.from({ length: ids }, (_, at) => dialect.request(at)));
  return { host: hostname, port: Number(port), token, dialect, ring, depth, players: [], replies: 0, failed };
};

const play = async (order: Order, table: Table, signal: AbortSignal): Promise<Measurement> => {
  await join(order.connections, table);
  for (const player of table.players) player.play();
  await delay(order.warmupSeconds * 1000, undefined, { signal });
  const look = () => ({
    atMs: performance.now(),
    replies: table.replies,
    server: hasProc ? processorSeconds(order.serverPid) : 0,
    client: process.cpuUsage(),
    busy: hasProc ? busySeconds() : 0,
  });
  const first = look();
  await delay(order.seconds * 1000, undefined, { signal });
  const last = look();
  const serverSeconds = last.server - first.server;
  const clientSeconds =
    (last.client.user + last.client.system - first.client.user - first.client.system) / 1e6;
  return {
    seconds: (last.atMs - first.atMs) / 1000,
    replies: last.replies - first.replies,
    serverSeconds: hasProc ? serverSeconds : null,
    clientSeconds,
    elseSeconds: hasProc ? Math.max(0, last.busy - first.busy - serverSeconds - clientSeconds) : null,
  };
};

/** Some at a time, until all are in. */
const join = async (connections: number, table: Table): Promise<void> => {
  let left = connections;
  let joined = 0;
  const joinSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await Player.join(table);
      joined += 1;
    }
  };
  const timer = setTimeout(
    () => table.failed(`Not everybody gets in: ${joined} of ${connections} did in ${JOIN_MS / 1000} s`),
    JOIN_MS,
  );
  // Where one fails, nobody waits for the rest.
  timer.unref();
  await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinSome));
  clearTimeout(timer);
};
