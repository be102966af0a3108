/** The generators: several processes, so that the clients are not slower than what they measure. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Counts } from './member.js';
import type { Done, Order } from './messages.js';
import { processorSeconds } from './processes.js';
import { divide } from './statistics.js';

const PROGRAM = join(import.meta.dirname, 'generator.js');
const LOOK_EVERY_MS = 250;
/** A server that lets nobody in for this long will let nobody in. */
const PATIENCE_MS = 30_000;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Waiting {
  readonly resolve: (counts: Counts) => void;
  readonly reject: (error: Error) => void;
}

/** One child, and the orders it has not answered. */
class Generator {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    this.child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (done: Done) => {
      const waiting = this.#waiting.get(done.id);
      this.#waiting.delete(done.id);
      if ('error' in done) waiting?.reject(new Error(done.error));
      else waiting?.resolve(done.counts);
    });
    this.child.on('exit', (status, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a generator ended (${signal ?? status})`));
      this.#waiting.clear();
    });
  }

  tell(order: WithoutId<Order>): Promise<Counts> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.child.send({ ...order, id });
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
  readonly url: string;
  readonly token: string;
  readonly processes: number;
}

export class Fleet {
  readonly #generators: readonly Generator[];

  private constructor(generators: readonly Generator[]) {
    this.#generators = generators;
  }

  static async start({ url, token, processes }: FleetOptions): Promise<Fleet> {
    const { hostname, port } = new URL(url);
    const fleet = new Fleet(Array.from({ length: processes }, () => new Generator()));
    await fleet.#all((generator, ordinal) =>
      generator.tell({ do: 'open', crowd: { host: hostname, port: Number(port), token, ordinal } }),
    );
    return fleet;
  }

  /**
   * Grows to `connections` in all, each of them authenticated. Rejects where one is refused or no more get in.
   * @param onProgress called now and then with how many there are
   */
  async grow(connections: number, onProgress: (open: number) => void): Promise<void> {
    const shares = divide(connections, this.#generators.length);
    let ticker: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_resolve, reject) => {
      let latest = -1;
      let sinceMs = 0;
      ticker = setInterval(() => {
        if (performance.now() - sinceMs > PATIENCE_MS && latest !== -1) {
          reject(new Error(`Only ${latest} of ${connections} connections got in, and no more do.`));
        }
        this.count().then(
          ({ open }) => {
            if (open !== latest) sinceMs = performance.now();
            latest = open;
            onProgress(open);
          },
          // A generator that has ended has told whoever grows it.
          () => {},
        );
      }, LOOK_EVERY_MS);
    });
    const grown = this.#all((generator, at) => generator.tell({ do: 'grow', size: shares[at] ?? 0 }));
    try {
      await Promise.race([grown, stuck]);
    } finally {
      clearInterval(ticker);
    }
  }

  /** What all of them have seen together. */
  async count(): Promise<Counts> {
    const total: Counts = { open: 0, pings: 0, texts: 0, lost: {} };
    for (const { open, pings, texts, lost } of await this.#all((generator) =>
      generator.tell({ do: 'count' }),
    )) {
      total.open += open;
      total.pings += pings;
      total.texts += texts;
      for (const [why, times] of Object.entries(lost)) total.lost[why] = (total.lost[why] ?? 0) + times;
    }
    return total;
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
