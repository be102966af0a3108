/** Joins once, then plays in turns, and says of each how many answers came and what server, client and everybody else took. */
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
}

/** What was measured in one turn, or in several together. */
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
/** Played before a turn counts: others had the core, its caches are theirs. */
const LEAD_IN_MS = 50;

/** Everybody who plays against one server. */
export class Band {
  readonly #order: Order;
  readonly #table: Table;
  readonly #over = new AbortController();
  readonly #failure: Promise<never>;

  private constructor(order: Order) {
    this.#order = order;
    this.#failure = new Promise((_resolve, reject) => {
      this.#over.signal.addEventListener('abort', () => reject(this.#over.signal.reason as Error));
    });
    // Heard by whoever plays; between turns by the next one.
    this.#failure.catch(() => {});
    this.#table = layTable(order, (why) => this.#over.abort(new Error(why)));
  }

  /** Everybody is in and has played for the warm-up. Rejects where a connection is refused, ends, or gets an answer that is none. */
  static async join(order: Order): Promise<Band> {
    const band = new Band(order);
    try {
      await band.#or(join(order.connections, band.#table));
      await band.#or(band.#playFor(order.warmupSeconds));
    } catch (error) {
      band.leave();
      throw error;
    }
    return band;
  }

  /** Nothing is in flight when it begins and when it resolves. Rejects as {@link join} does. */
  measure(seconds: number): Promise<Measurement> {
    return this.#or(this.#playFor(seconds));
  }

  leave(): void {
    for (const player of this.#table.players) player.leave();
  }

  #or<T>(playing: Promise<T>): Promise<T> {
    return Promise.race([playing, this.#failure]);
  }

  async #playFor(seconds: number): Promise<Measurement> {
    const { signal } = this.#over;
    this.#table.playing = true;
    for (const player of this.#table.players) player.play();
    await delay(LEAD_IN_MS, undefined, { signal });
    const first = this.#look();
    await delay(seconds * 1000, undefined, { signal });
    const last = this.#look();
    await this.#fallSilent();
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
  }

  #look() {
    return {
      atMs: performance.now(),
      replies: this.#table.replies,
      server: hasProc ? processorSeconds(this.#order.serverPid) : 0,
      client: process.cpuUsage(),
      busy: hasProc ? busySeconds() : 0,
    };
  }

  #fallSilent(): Promise<void> {
    const table = this.#table;
    table.playing = false;
    return new Promise((resolve) => {
      if (table.replies === table.requests) resolve();
      else table.onSilence = resolve;
    });
  }
}

const layTable = (order: Order, failed: (why: string) => void): Table => {
  const { hostname, port } = new URL(order.url);
  const { depth, token } = order;
  const dialect = DIALECTS[order.dialect];
  const ids = Math.max(LEAST_IDS, 2 * depth);
  if (ids > MAX_ORDINAL + 1) throw new Error('more requests in flight than there are ids');
  const ring = new FrameRing(Array.from({ length: ids }, (_, at) => dialect.request(at)));
  return {
    host: hostname,
    port: Number(port),
    token,
    dialect,
    ring,
    depth,
    players: [],
    playing: false,
    requests: 0,
    replies: 0,
    onSilence: null,
    failed,
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
