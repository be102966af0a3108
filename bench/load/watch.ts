/** Looks at server, clients and machine over a while, and judges whether the figures are the server's. */
import { availableParallelism } from 'node:os';
import type { Fleet } from './fleet.js';
import { busySeconds, descriptors, hasProc, processorSeconds, residentBytes } from './processes.js';
import type { Sample, Window } from './scenario.js';
import { between, type Snapshot, together } from './tally.js';
import type { Target } from './target.js';

/** A generator that took more of a core than this may have been what was slow, and so may a server have been. */
const WHOLE_CORE = 0.9;
/** Others that took more of the machine than this will have cost the server its caches, and its turns. */
const MUCH_ELSE = 0.25;
const SAMPLE_MS = 1000;

/** What took which part of the processors. */
export interface Shares {
  /** Of a core; null where the server's process is not known. */
  readonly server: number | null;
  /** What the generators took of a core, the busiest and all together. */
  readonly busiestClient: number;
  readonly clients: number;
  /** Cores that the generators have, where they have their own. */
  readonly clientCores: number | null;
  /** What everything else on the machine took of all its cores. */
  readonly others: number;
}

interface Look {
  readonly atMs: number;
  readonly snapshot: Snapshot;
  readonly server: number | null;
  readonly clients: readonly number[];
  readonly busy: number;
}

export interface WatcherOptions {
  readonly target: Target;
  readonly fleet: Fleet;
  readonly clientCores: number | null;
  readonly onSample: (sample: Sample) => void;
}

export class Watcher {
  readonly samples: Sample[] = [];
  readonly #options: WatcherOptions;
  #firstMs: number | null = null;
  #seen: Snapshot | null = null;
  #shares: Shares | null = null;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Everything that all watches have seen; null before the first. */
  get seen(): Snapshot | null {
    return this.#seen;
  }

  /** Of the watch in which the clients were busiest; null before the first. */
  get shares(): Shares | null {
    return this.#shares;
  }

  /** Watches until what `begin` begins is settled. Rejects where that does. */
  async watch(begin: () => Promise<unknown>): Promise<Window> {
    const first = await this.#look();
    this.#firstMs ??= first.atMs;
    let latest = first;
    let ended = false;
    let wake = (): void => {};
    const over = begin().finally(() => {
      ended = true;
      wake();
    });
    // Whoever waits for it below is told; until then nobody is.
    over.catch(() => {});
    while (!ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, latest.atMs + SAMPLE_MS - performance.now()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const look = await this.#look();
      this.#sample(latest, look);
      latest = look;
    }
    await over;
    return this.#conclude(first, latest);
  }

  #sample(from: Look, to: Look): void {
    const seconds = (to.atMs - from.atMs) / 1000;
    // The end of a watch rarely falls on a whole second; the rates of a moment are noise.
    if (seconds < 0.2 && this.samples.length > 0) return;
    const { pid } = this.#options.target;
    const known = hasProc && pid !== null;
    const { counters } = between(from.snapshot, to.snapshot);
    const sample: Sample = {
      atSeconds: (to.atMs - (this.#firstMs ?? from.atMs)) / 1000,
      open: to.snapshot.counters.open,
      repliesPerSecond: counters.replies / seconds,
      chunksPerSecond: counters.chunks / seconds,
      joinsPerSecond: counters.joins / seconds,
      serverShare: to.server === null || from.server === null ? null : (to.server - from.server) / seconds,
      clientsShare: (sum(to.clients) - sum(from.clients)) / seconds,
      residentBytes: known ? residentBytes(pid) : null,
      descriptors: known ? descriptors(pid) : null,
    };
    this.samples.push(sample);
    this.#options.onSample(sample);
  }

  #conclude(first: Look, last: Look): Window {
    const seconds = (last.atMs - first.atMs) / 1000;
    const serverSeconds = first.server === null || last.server === null ? null : last.server - first.server;
    const clients = last.clients.map((value, at) => value - (first.clients[at] ?? 0));
    const others = last.busy - first.busy - sum(clients) - (serverSeconds ?? 0);
    const shares: Shares = {
      server: serverSeconds === null ? null : serverSeconds / seconds,
      busiestClient: Math.max(0, ...clients) / seconds,
      clients: sum(clients) / seconds,
      clientCores: this.#options.clientCores,
      others: Math.max(0, others / seconds / availableParallelism()),
    };
    if (this.#shares === null || shares.clients > this.#shares.clients) this.#shares = shares;
    const seen = between(first.snapshot, last.snapshot);
    this.#seen = this.#seen === null ? seen : together([this.#seen, seen]);
    return { seconds, seen, open: last.snapshot.counters.open, serverSeconds };
  }

  async #look(): Promise<Look> {
    const { target, fleet } = this.#options;
    const snapshot = await fleet.count();
    return {
      atMs: performance.now(),
      snapshot,
      server: hasProc && target.pid !== null ? processorSeconds(target.pid) : null,
      clients: hasProc ? fleet.processorSeconds() : [],
      busy: hasProc ? busySeconds() : 0,
    };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Were the clients what was slow? */
export const clientsWereLimit = ({ server, busiestClient, clients, clientCores }: Shares): boolean => {
  if (server !== null && server >= WHOLE_CORE) return false;
  return busiestClient >= WHOLE_CORE || (clientCores !== null && clients >= WHOLE_CORE * clientCores);
};

/** What the reader of the figures must know. */
export const warningsOf = (shares: Shares): string[] => {
  const warnings: string[] = [];
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  if (clientsWereLimit(shares)) {
    const server =
      shares.server === null ? 'what the server took is not known' : `the server ${percent(shares.server)}`;
    warnings.push(
      `The clients were the bottleneck: the busiest took ${percent(shares.busiestClient)} of a core, all together ${percent(shares.clients)}, ${server}; use more --processes or more cores.`,
    );
  }
  if (shares.others > MUCH_ELSE) {
    warnings.push(
      `Other programs took ${percent(shares.others)} of the machine: processor times are less certain.`,
    );
  }
  return warnings;
};
