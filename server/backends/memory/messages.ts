/** What crosses between the gateway's thread and the memory's: calls one way, their answers back, in order. */
import type { MessagePort } from 'node:worker_threads';
import type { Near } from './embeddings-messages.js';
import type { MemoryPort } from './port.js';
import type { VectorModel } from './vectors.js';

/** The others are not the memory thread's: `inspections.ts` runs them beside it. */
type Name = Exclude<keyof MemoryPort, 'close' | 'stats' | 'check' | 'backup'>;

/** What is near to the query in meaning goes with what finds things again, where that is known. */
type Args<N extends Name> = N extends 'recall' | 'search'
  ? [...args: Parameters<MemoryPort[N]>, near?: Near | null]
  : Parameters<MemoryPort[N]>;

/** The port's calls as the store runs them: synchronous, one at a time. */
export type Operations = {
  readonly [N in Name]: (...args: Args<N>) => Awaited<ReturnType<MemoryPort[N]>>;
};

export type Call = { readonly [N in Name]: readonly [name: N, ...args: Args<N>] }[Name];

/** What the thread starts with. */
export interface MemoryThreadData {
  readonly path: string;
  /** Null: by words alone. */
  readonly embeddings:
    | (VectorModel & {
        /** To the embeddings' thread. */
        readonly port: MessagePort;
      })
    | null;
}

/** What became of one call; `error` is a sentence for the log. */
export type Answer = { readonly value: unknown } | { readonly error: string };

/** A transaction that has written. */
export interface Commit {
  /** From its beginning until it was on the disk. */
  readonly durationMs: number;
  /** Calls that it was made of. */
  readonly calls: number;
}

/** How much is kept. */
export interface MemoryLimits {
  /** What is older is removed, in milliseconds; 0: nothing is. */
  readonly retentionMs: number;
  /** Messages and replies of one channel; beyond, the oldest are removed. 0: no limit. */
  readonly maxChannelMessages: number;
}

/** Whether the store works; the sentence says what fails and what to do. */
export type StoreHealthReport = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

/** To the thread: calls to run after all earlier ones, what is kept from now on, or the order to finish and end. */
export type Request = readonly Call[] | { readonly limits: MemoryLimits } | 'close';

/**
 * From the thread: first whether the database is open, then answers in the order of the calls and,
 * in between, when the store begins to fail and when it works again.
 */
export type Report =
  | { readonly opened: true }
  | { readonly refused: string }
  | { readonly answers: readonly Answer[]; readonly commits: readonly Commit[] }
  | { readonly health: StoreHealthReport };

/**
 * Where one message between the threads, and one transaction, is cut: both threads hold a
 * few of these, so thousands of large calls in one turn cost time and not memory.
 */
export const MAX_GROUP_CHARS = 4 * 1024 * 1024;

/** What a value weighs towards {@link MAX_GROUP_CHARS}: its strings, and a little for everything else. */
export const weigh = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 16;
  if (typeof value !== 'object' || value === null) return 8;
  let chars = 16;
  const members: Iterable<unknown> = value instanceof Map ? value.entries() : Object.values(value);
  for (const member of members) chars += weigh(member);
  return chars;
};

/** An error's words and code. SQLite's errors are text before they cross: the copy of one has lost its message. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${error.message} (${String(error.code)})` : error.message;
};
