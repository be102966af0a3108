/** What crosses between the gateway's thread and the reasoning thread. */
import type { ReasoningEnd, ReasoningRequest } from './port.js';

/** Batches of events that may be on their way before the thread waits for room. */
export const MAX_BATCHES_UNDERWAY = 16;
/** Waking the thread to say that a batch was taken costs as much as sending its chunks: it is said of so many together. */
export const TAKEN_AT_ONCE = 8;
/** Chunks in one batch: what the gateway's thread takes in one go without a pause anyone notices. */
export const MAX_BATCH_EVENTS = 512;

export type ToReasoning =
  | { readonly kind: 'start'; readonly callId: number; readonly request: ReasoningRequest }
  | { readonly kind: 'cancel'; readonly callId: number }
  | { readonly kind: 'pace'; readonly chunkDelayMs: number }
  /** One batch has been taken. */
  | { readonly kind: 'taken'; readonly batches: number };

/** What was to be said in one turn of the gateway's loop, in its order. */
export type ToReasoningBatch = readonly ToReasoning[];

/**
 * What happened to which call, in order: a chunk's text, or how the call ended. Side by side, because an array for
 * each event would take longer to cross than the event.
 */
export interface FromReasoning {
  readonly callIds: readonly number[];
  readonly events: readonly (string | ReasoningEnd)[];
}
