/** The generators: several processes, so that the clients are not slower than what they measure. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { JobSpec } from './crowd.js';
import type { Place } from './link.js';
import type { Done, Numbered, Order } from './messages.js';
import { spawnNode } from './pinning.js';
import { processorSeconds } from './processes.js';
import { divide } from './statistics.js';
import { type Snapshot, together } from './tally.js';

const PROGRAM = join(import.meta.dirname, 'generator.js');
const LOOK_EVERY_MS = 250;
/** A server that lets nobody in for this long will let nobody in. */
const PATIENCE_MS = 30_000;

interface Waiting {
  readonly resolve: (snapshot: Snapshot) => void;
  readonly reject: (error: Error) => void;
}

/** One child, and the orders it has not answered. */
class Generator {
  readonly child: ChildProcess;
  /** How many members it has. */
  size = 0;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(cores: string | null) {
    this.child = spawnNode([PROGRAM], cores, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (done: Done) => {
      const waiting = this.#waiting.get(done.id);
      this.#waiting.delete(done.id);
      if ('error' in done) waiting?.reject(new Error(done.error));
      else waiting?.resolve(done.snapshot);
    });
    this.child.on('exit', (status, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a generator ended (${signal ?? status})`));
      this.#waiting.clear();
    });
  }

  tell(order: Order): Promise<Snapshot> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.child.send({ id, order } satisfies Numbered);
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}

export interface FleetOptions {
  readonly place: Place;
  /** See `CrowdOptions`. */
  readonly tokens: readonly string[];
  readonly processes: number;
  /** For the generators, as taskset(1) names them; null: any. */
  readonly cores: string | null;
}

/** Where a part of the fleet does its job: for each token the channels that are its own, as many for each member. */
export type ChannelsByToken = readonly (readonly string[])[];

export class Fleet {
  readonly #generators: readonly Generator[];
  readonly #tokens: number;

  private constructor(generators: readonly Generator[], tokens: number) {
    this.#generators = generators;
    this.#tokens = tokens;
  }

  static async start({ place, tokens, processes, cores }: FleetOptions): Promise<Fleet> {
    const generators = Array.from({ length: processes }, () => new Generator(cores));
    const fleet = new Fleet(generators, tokens.length);
    await fleet.#all((generator, ordinal) =>
      generator.tell({ do: 'open', crowd: { place, tokens, ordinal } }),
    );
    return fleet;
  }

  /**
   * Grows to `connections` in all, each of them authenticated. Rejects where one is refused or no more get in.
   * @param onProgress called now and then with how many there are
   */
  async grow(connections: number, onProgress: (open: number) => void): Promise<void> {
    for (const [at, size] of divide(connections, this.#generators.length).entries()) {
      (this.#generators[at] as Generator).size = size;
    }
    let ticker: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_resolve, reject) => {
      let latest = -1;
      let sinceMs = performance.now();
      ticker = setInterval(() => {
        if (performance.now() - sinceMs > PATIENCE_MS) {
          reject(new Error(`Only ${latest} of ${connections} connections got in, and no more do.`));
        }
        this.count().then(
          ({ counters: { open } }) => {
            if (open !== latest) sinceMs = performance.now();
            latest = open;
            onProgress(open);
          },
          // A generator that has ended has told whoever grows it.
          () => {},
        );
      }, LOOK_EVERY_MS);
    });
    const grown = this.#all((generator) => generator.tell({ do: 'grow', size: generator.size }));
    try {
      await Promise.race([grown, stuck]);
    } finally {
      clearInterval(ticker);
    }
  }

  /** How many members would have each token in a fleet of so many. */
  membersByToken(connections: number): number[] {
    const counts = Array.from({ length: this.#tokens }, () => 0);
    for (const size of divide(connections, this.#generators.length)) {
      for (let at = 0; at < size; at += 1)
        counts[at % this.#tokens] = (counts[at % this.#tokens] as number) + 1;
    }
    return counts;
  }

  /** All members begin with a job, each in `each` channels of its own where there are `channels`. */
  async work(
    spec: JobSpec,
    {
      channels = [],
      each = 1,
      spreadMs = 0,
    }: { channels?: ChannelsByToken; each?: number; spreadMs?: number } = {},
  ) {
    const left = channels.map((own) => [...own]);
    await this.#all((generator) => {
      const own = Array.from(
        { length: generator.size },
        (_, at) => left[at % this.#tokens]?.splice(0, each) ?? [],
      );
      const work = { spec, from: 0, to: generator.size, channels: own, spreadMs };
      return generator.tell({ do: 'work', work });
    });
  }

  /** The first member of all has another job than the others. */
  async workApart(first: JobSpec, others: JobSpec): Promise<void> {
    await this.#all((generator, at) =>
      generator.tell({
        do: 'work',
        work: { spec: others, from: at === 0 ? 1 : 0, to: generator.size, channels: [], spreadMs: 0 },
      }),
    );
    const work = { spec: first, from: 0, to: 1, channels: [], spreadMs: 0 };
    await (this.#generators[0] as Generator).tell({ do: 'work', work });
  }

  /** So many requests a second from all together; 0: none. */
  async pace(perSecond: number): Promise<void> {
    await this.#all((generator) => {
      const share = generator.size / this.#generators.reduce((sum, { size }) => sum + size, 0);
      return generator.tell({ do: 'pace', perSecond: perSecond * share });
    });
  }

  async rest(): Promise<void> {
    await this.#all((generator) => generator.tell({ do: 'rest' }));
  }

  /** The last `part` of each generator's members read nothing more, or go on. @returns how many they are */
  async stall(part: number, stalled: boolean): Promise<number> {
    let count = 0;
    await this.#all((generator) => {
      const { size } = generator;
      const from = size - Math.round(size * part);
      count += size - from;
      return generator.tell({ do: 'stall', from, to: size, stalled });
    });
    return count;
  }

  /** So many members come and go, over and over; 0: no more. */
  async churn(atOnce: number): Promise<void> {
    const shares = divide(atOnce, this.#generators.length);
    await this.#all((generator, at) => generator.tell({ do: 'churn', atOnce: shares[at] ?? 0 }));
  }

  /** All are gone at once, and come back at once. Resolves when the last one has. */
  async storm(): Promise<void> {
    await this.#all((generator) => generator.tell({ do: 'storm', patienceMs: PATIENCE_MS }));
  }

  /** What all of them have seen together. */
  async count(): Promise<Snapshot> {
    return together(await this.#all((generator) => generator.tell({ do: 'count' })));
  }

  /** Processor time of each generator so far. */
  processorSeconds(): number[] {
    return this.#generators.map(({ child }) => processorSeconds(child.pid as number));
  }

  /** Drops every connection and ends the processes. */
  async end(): Promise<void> {
    await this.#all((generator) => generator.end());
  }

  #all<T>(work: (generator: Generator, at: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#generators.map(work));
  }
}
