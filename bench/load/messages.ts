/** What the driving process and its children say to each other. */
import type { CrowdOptions } from './crowd.js';
import type { Counts } from './member.js';

/** What a generator is asked to do; each is answered under its id. */
export type Order =
  | { readonly id: number; readonly do: 'open'; readonly crowd: CrowdOptions }
  | { readonly id: number; readonly do: 'grow'; readonly size: number }
  | { readonly id: number; readonly do: 'count' }
  | { readonly id: number; readonly do: 'leave' };

/** It is done, or why it could not be. */
export type Done =
  | { readonly id: number; readonly counts: Counts }
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
