/** What the driving process and its children say to each other. */
import type { CrowdOptions, Work } from './crowd.js';
import type { Snapshot } from './tally.js';

/** What a generator is asked to do. */
export type Order =
  | { readonly do: 'open'; readonly crowd: CrowdOptions }
  | { readonly do: 'grow'; readonly size: number }
  | { readonly do: 'work'; readonly work: Work }
  | { readonly do: 'pace'; readonly perSecond: number }
  | { readonly do: 'rest' }
  | { readonly do: 'stall'; readonly from: number; readonly to: number; readonly stalled: boolean }
  | { readonly do: 'churn'; readonly atOnce: number }
  | { readonly do: 'storm'; readonly patienceMs: number }
  | { readonly do: 'count' };

/** Each order is answered under its id. */
export interface Numbered {
  readonly id: number;
  readonly order: Order;
}

/** It is done, or why it could not be. */
export type Done =
  | { readonly id: number; readonly snapshot: Snapshot }
  | { readonly id: number; readonly error: string };

/** Asks a server's probe for its memory; see `probe.ts`. */
export const MEMORY_QUESTION = 'memory';

/** A server's memory once garbage has been collected, in bytes. */
export interface Memory {
  readonly resident: number;
  /** Of that, pages of the young generation: they grow with how fast garbage is made, up to a bound, not with what is held. */
  readonly young: number;
  readonly heapUsed: number;
  readonly external: number;
}
