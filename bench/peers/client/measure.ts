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
export const measure = (order: Order): Promise<Measurement> =>
  new Promise((resolve, reject) => {
    const players: Player[] = [];
    const tidy = (): void => {
      for (const player of players) player.leave();
    };
    const table = layTable(order, (why) => reject(new Error(why)));
    play(order, table, players).then(resolve, reject).finally(tidy);
  });

const layTable = (order: Order, failed: (why: string) => void): Table => {
  const { hostname, port } = new URL(order.url);
  const { depth, token } = order;
  const dialect = DIALECTS[order.dialect];
  const ids = Math.max(LEAST_IDS, 2 * depth);
  if (ids > MAX_ORDINAL + 1) throw new Error('more requests in flight than there are ids');
  const ring = new FrameRing(Array.from({ length: ids }, (_, at) => dialect.request(at)));
  return { host: hostname, port: Number(port), token, dialect, ring, depth, replies: 0, failed };
};

const play = async (order: Order, table: Table, players: Player[]): Promise<Measurement> => {
  await join(order.connections, table, players);
  for (const player of players) player.play();
  await delay(order.warmupSeconds * 1000);
  const look = () => ({
    atMs: performance.now(),
    replies: table.replies,
    server: hasProc ? processorSeconds(order.serverPid) : 0,
    client: process.cpuUsage(),
    busy: hasProc ? busySeconds() : 0,
  });
  const first = look();
  await delay(order.seconds * 1000);
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
const join = async (connections: number, table: Table, players: Player[]): Promise<void> => {
  let left = connections;
  const joinSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      players.push(await Player.join(table));
    }
  };
  const timer = setTimeout(
    () =>
      table.failed(`Not everybody gets in: ${players.length} of ${connections} did in ${JOIN_MS / 1000} s`),
    JOIN_MS,
  );
  await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinSome));
  clearTimeout(timer);
};
