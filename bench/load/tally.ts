/** What a generator has seen since it began: counters, and how long things took. */
import { Histogram, type SparseHistogram } from './histogram.js';

export interface Counters {
  /** Connections that have authenticated and are open. */
  open: number;
  /** Handshakes that were answered. */
  joins: number;
  /** Of those, sessions that were taken up again. */
  resumed: number;
  /** Heartbeats received, each of them answered. */
  pings: number;
  /** Requests sent. */
  requests: number;
  /** Their answers, refusals included. */
  replies: number;
  /** Refusals among the answers. */
  failures: number;
  /** Requests of a fixed rate that were not sent, because too many before them had no answer. */
  skipped: number;
  /** Chunks of replies, by how many of the source a frame carries. */
  chunks: number;
  /** Frames that carried them. */
  chunkFrames: number;
  /** Replies that have ended. */
  completes: number;
}

export type HistogramName = keyof typeof HISTOGRAM_TITLES;

/** Histograms, by what they measure. */
export const HISTOGRAM_TITLES = {
  reply: 'request to reply',
  ack: 'chat.send to its answer',
  channel: 'channel call to reply',
  first: 'chat.send to the first chunk',
  gap: 'between two chunks of a stream',
  join: 'connection to handshake answered',
} as const;

/** By why, or by what was wrong. */
export type Times = Record<string, number>;

/** A tally at one moment, as it goes between processes. */
export interface Snapshot {
  readonly counters: Readonly<Counters>;
  readonly histograms: Readonly<Record<HistogramName, SparseHistogram>>;
  /** Connections that ended although nobody here ended them. */
  readonly lost: Readonly<Times>;
  /** Refusals by code, and answers that were wrong. */
  readonly faults: Readonly<Times>;
}

const NAMES = Object.keys(HISTOGRAM_TITLES) as HistogramName[];

/** Never more keys than this: what a server says is not under our control. */
const MAX_REASONS = 50;

const recordOf = <T>(value: (name: HistogramName) => T): Record<HistogramName, T> =>
  Object.fromEntries(NAMES.map((name) => [name, value(name)])) as Record<HistogramName, T>;

export class Tally {
  readonly counters: Counters = {
    open: 0,
    joins: 0,
    resumed: 0,
    pings: 0,
    requests: 0,
    replies: 0,
    failures: 0,
    skipped: 0,
    chunks: 0,
    chunkFrames: 0,
    completes: 0,
  };
  readonly histograms = recordOf(() => new Histogram());
  readonly #lost: Times = Object.create(null);
  readonly #faults: Times = Object.create(null);

  lose(why: string): void {
    increase(this.#lost, why, 1);
  }

  fault(what: string): void {
    increase(this.#faults, what, 1);
  }

  snapshot(): Snapshot {
    return {
      counters: { ...this.counters },
      histograms: recordOf((name) => this.histograms[name].toSparse()),
      lost: { ...this.#lost },
      faults: { ...this.#faults },
    };
  }

  /** Adds what another process has seen. */
  add({ counters, histograms, lost, faults }: Snapshot): void {
    for (const name of Object.keys(this.counters) as (keyof Counters)[])
      this.counters[name] += counters[name];
    for (const name of NAMES) this.histograms[name].add(histograms[name]);
    for (const [why, times] of Object.entries(lost)) increase(this.#lost, why, times);
    for (const [what, times] of Object.entries(faults)) increase(this.#faults, what, times);
  }
}

const increase = (all: Times, key: string, times: number): void => {
  const kept = key in all || Object.keys(all).length < MAX_REASONS ? key : 'other';
  all[kept] = (all[kept] ?? 0) + times;
};

/** What several processes have seen together. */
export const together = (snapshots: readonly Snapshot[]): Snapshot => {
  const tally = new Tally();
  for (const snapshot of snapshots) tally.add(snapshot);
  return tally.snapshot();
};

/** What happened between two snapshots of the same processes; `open` is a difference, too. */
export const between = (before: Snapshot, after: Snapshot): Snapshot => {
  const differences = <T extends object>(earlier: T, later: T): T => {
    const changed = Object.entries(later).map(([key, value]) => [
      key,
      (value as number) - ((earlier as Times)[key] ?? 0),
    ]);
    return Object.fromEntries(changed) as T;
  };
  const withoutZeros = (times: Times): Times =>
    Object.fromEntries(Object.entries(times).filter(([, count]) => count !== 0));
  return {
    counters: differences(before.counters, after.counters),
    histograms: recordOf((name) => {
      const histogram = Histogram.from(after.histograms[name]);
      histogram.subtract(before.histograms[name]);
      return histogram.toSparse();
    }),
    lost: withoutZeros(differences(before.lost, after.lost)),
    faults: withoutZeros(differences(before.faults, after.faults)),
  };
};

/** How often, all reasons together. */
export const totalOf = (times: Readonly<Times>): number =>
  Object.values(times).reduce((sum, count) => sum + count, 0);
