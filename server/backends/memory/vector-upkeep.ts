/**
 * Gives messages and replies their vectors, in the background: one batch after another is away at the
 * embeddings' thread, and what comes back is stored in steps of a few milliseconds.
 */
import type { Database } from 'better-sqlite3';
import type { BatchAnswer, BatchAsk, MadeVector } from './embeddings-messages.js';
import { isLocked } from './faults.js';
import { withoutWaiting } from './locks.js';
import { Pace } from './pace.js';
import { type Unembedded, VectorBacklog } from './vector-backlog.js';
import type { Vectors } from './vectors.js';

const MAX_BATCH_TEXTS = 32;
const MAX_BATCH_CHARS = 64_000;
/** From a message to the request for its vector: what comes together goes together, and its recall may have asked before. */
const GATHER_MS = 200;
/** How long whoever has locked the database is left alone. */
const LOCKED_MS = 1000;
/** From one look at what was set aside to the next. */
const AGAIN_MS = 10 * 60_000;

export interface VectorUpkeepOptions {
  readonly db: Database;
  readonly vectors: Vectors;
  /** To the embeddings' thread, which answers each with {@link VectorUpkeep.answered}. */
  readonly ask: (batch: BatchAsk) => void;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

export class VectorUpkeep {
  readonly #options: VectorUpkeepOptions;
  readonly #backlog: VectorBacklog;
  /** Away at the embeddings' thread. */
  #asked: readonly Unembedded[] | null = null;
  /** Back from there, not stored yet. */
  #made: { readonly message: Unembedded; readonly vector: MadeVector }[] = [];
  #batchTexts = MAX_BATCH_TEXTS;
  #stepAtMs = Number.NEGATIVE_INFINITY;
  /** When the next batch goes; null: nothing waits for one. */
  #askAtMs: number | null = null;
  /** The endpoint wants to be left alone until then. */
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** Failed alone: each is tried once more when another has got through, for it may not have been its fault. */
  #parked: { readonly id: number; readonly refused: boolean }[] = [];
  /** Tried once more. */
  readonly #retried = new Set<number>();
  /** When what failed again is looked for; null: nothing has. */
  #againAtMs: number | null = null;

  constructor(options: VectorUpkeepOptions) {
    this.#options = options;
    this.#backlog = new VectorBacklog(options.db, options.vectors.space);
  }

  /** The embeddings' thread has answered: the next {@link step} goes on with it. */
  answered(answer: BatchAnswer): void {
    const asked = this.#asked ?? [];
    this.#asked = null;
    this.#stepAtMs = Number.NEGATIVE_INFINITY;
    if ('vectors' in answer) {
      for (const [at, message] of asked.entries()) {
        const vector = answer.vectors[at];
        if (vector !== undefined) this.#made.push({ message, vector });
      }
      this.#batchTexts = Math.min(MAX_BATCH_TEXTS, this.#batchTexts * 2);
      for (const { id } of this.#parked) {
        this.#retried.add(id);
        this.#backlog.note(id);
      }
      this.#parked = [];
      return;
    }
    const nowMs = this.#options.nowMs();
    this.#retryAtMs = nowMs + answer.retryInMs;
    if (!answer.mayBeTexts) return;
    if (asked.length > 1) {
      this.#batchTexts = Math.max(1, asked.length >> 1);
      return;
    }
    // It must not be in the way of all the others.
    for (const { id } of asked) {
      this.#backlog.done(id);
      if (this.#retried.has(id)) this.#againAtMs ??= nowMs + AGAIN_MS;
      // An endpoint that works otherwise asks for no wait.
      else this.#parked.push({ id, refused: answer.retryInMs === 0 });
    }
  }

  /** Nothing else is there that could get through before: what was refused would be refused at once, and again and again. */
  #unparkAlone(nowMs: number): void {
    for (const { id, refused } of this.#parked) {
      if (refused) this.#againAtMs ??= nowMs + AGAIN_MS;
      else this.#backlog.note(id);
    }
    this.#parked = [];
  }

  /** Takes a step where one is due. Never throws. @returns after how many milliseconds to come again, where nothing has happened */
  step(): number {
    const { db, nowMs, onError } = this.#options;
    if (this.#asked !== null) return AGAIN_MS;
    const startMs = nowMs();
    if (startMs < this.#stepAtMs) return this.#stepAtMs - startMs;
    try {
      const busy = withoutWaiting(db, () => this.#work(startMs));
      const endMs = nowMs();
      this.#stepAtMs = busy ? endMs + (endMs - startMs) : endMs;
      return busy ? endMs - startMs : this.#idleMs(endMs);
    } catch (error) {
      this.#stepAtMs = nowMs() + LOCKED_MS;
      if (!isLocked(error)) onError(error);
      return LOCKED_MS;
    }
  }

  /** True: there is more to do at once. */
  #work(startMs: number): boolean {
    const pace = new Pace(this.#options.nowMs);
    if (this.#made.length > 0) {
      this.#store(pace);
      return true;
    }
    if (this.#againAtMs !== null && startMs >= this.#againAtMs) {
      this.#againAtMs = null;
      this.#retried.clear();
      this.#backlog.walkAgain();
    }
    this.#backlog.look(pace);
    if (this.#backlog.isEmpty && this.#backlog.isComplete) this.#unparkAlone(startMs);
    if (this.#backlog.isEmpty) {
      this.#askAtMs = null;
      return !this.#backlog.isComplete;
    }
    this.#askAtMs ??= startMs + GATHER_MS;
    if (startMs < Math.max(this.#askAtMs, this.#retryAtMs)) return false;
    const batch = this.#backlog.take(this.#batchTexts, MAX_BATCH_CHARS);
    // What was noted has gone, or says nothing.
    if (batch.length === 0) return true;
    this.#asked = batch;
    this.#options.ask({ texts: batch.map(({ text }) => text), length: this.#options.vectors.length });
    return false;
  }

  #store(pace: Pace): void {
    const { db, vectors } = this.#options;
    const kept: number[] = [];
    let stored = 0;
    db.transaction(() => {
      for (const { message, vector } of this.#made) {
        // One that has gone stays noted: its row number may be another's by now, which waits for its own.
        if (vectors.keep(message, vector)) kept.push(message.id);
        stored += 1;
        if (pace.spent) break;
      }
    }).immediate();
    this.#made = this.#made.slice(stored);
    for (const id of kept) this.#backlog.done(id);
  }

  #idleMs(nowMs: number): number {
    if (this.#asked !== null) return AGAIN_MS;
    const askMs = this.#askAtMs === null ? AGAIN_MS : Math.max(this.#askAtMs, this.#retryAtMs) - nowMs;
    const againMs = this.#againAtMs === null ? AGAIN_MS : this.#againAtMs - nowMs;
    return Math.max(0, Math.min(askMs, againMs));
  }
}
