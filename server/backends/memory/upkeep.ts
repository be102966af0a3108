/**
 * What the memory's thread does when nobody waits for it: erasing deleted channels, removing what
 * is kept no longer, giving back space. Always in small steps, each followed by a pause as long, so that it takes half of
 * the thread at most and whoever calls waits a few milliseconds.
 */
import type { Database } from 'better-sqlite3';
import { Erasure } from './erasure.js';
import { Expiry } from './expiry.js';
import { isLocked } from './faults.js';
import { IndexMerge } from './index-merge.js';
import { withoutWaiting } from './locks.js';
import type { MemoryLimits } from './messages.js';
import { SparePages } from './spare-pages.js';
import { WriteAheadLog } from './wal.js';

/** From one look at everything to the next. */
const ROUND_MS = 60_000;
/** From one look at the log to the next, and how long whoever is in the way is left alone. */
const LOOK_MS = 1000;
/** The same behind a call, while the log holds what was to be erased. */
const RETRY_MS = 5;

export interface UpkeepOptions {
  readonly db: Database;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly onError: (error: unknown) => void;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #erasure: Erasure;
  readonly #expiry: Expiry;
  readonly #merge: IndexMerge;
  readonly #spare: SparePages;
  readonly #log: WriteAheadLog;
  /** What is left of this round, each false once it is done. */
  #todo: (() => boolean)[] = [];
  #roundAtMs = Number.NEGATIVE_INFINITY;
  #stepAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: UpkeepOptions) {
    const { db } = options;
    this.#options = options;
    this.#log = new WriteAheadLog(db);
    this.#merge = new IndexMerge(db, options.nowMs);
    const holdsWords = {
      erased: () => {
        this.#log.erased();
        this.#merge.erased();
      },
    };
    this.#erasure = new Erasure(db, holdsWords);
    this.#expiry = new Expiry(db, holdsWords);
    this.#spare = new SparePages(db);
  }

  setLimits(limits: MemoryLimits): void {
    this.#expiry.setLimits(limits);
    this.#roundAtMs = Number.NEGATIVE_INFINITY;
    this.#stepAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A channel was deleted: the next step begins to erase it. */
  channelDeleted(): void {
    this.#todo.unshift(
      () => this.#merge.look(),
      () => this.#erasure.step(),
      () => this.#merge.step(),
    );
    this.#stepAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Takes a step where one is due. Never throws. @returns after how many milliseconds to come again, where no call has come */
  step(): number {
    const { db, nowMs, onError } = this.#options;
    const startMs = nowMs();
    if (startMs < this.#stepAtMs) return this.#stepAtMs - startMs;
    if (startMs >= this.#roundAtMs) this.#beginRound(startMs);
    try {
      withoutWaiting(db, () => this.#work());
    } catch (error) {
      if (isLocked(error)) {
        // Another program's lock is nobody's trouble here: the round begins anew behind it.
        this.#todo = [];
        this.#roundAtMs = startMs + LOOK_MS;
      } else {
        // What cannot be done must not keep the rest from being done; the next round tries again.
        this.#todo.shift();
        onError(error);
      }
    }
    const endMs = nowMs();
    if (this.#todo.length > 0) {
      this.#stepAtMs = endMs + (endMs - startMs);
      return endMs - startMs;
    }
    const { due } = this.#log;
    this.#stepAtMs = endMs + (due ? RETRY_MS : LOOK_MS);
    return due ? LOOK_MS : Math.max(LOOK_MS, this.#roundAtMs - endMs);
  }

  #beginRound(startMs: number): void {
    const { wallMs } = this.#options;
    this.#roundAtMs = startMs + ROUND_MS;
    this.#expiry.restart();
    this.#todo = [
      () => this.#merge.look(),
      () => this.#erasure.step(),
      () => this.#expiry.step(wallMs()),
      () => this.#merge.step(),
      () => this.#spare.step(),
    ];
  }

  /** Until one thing has more to do; the log is emptied behind the last. */
  #work(): void {
    for (let next = this.#todo[0]; next !== undefined; next = this.#todo[0]) {
      if (next()) return;
      this.#todo.shift();
    }
    this.#log.step();
  }
}
