/** What crosses between the gateway's thread and the reasoning thread. */
import type { ProviderOutcome } from '../../../metrics/labels.js';
import type { Usage } from '../memory/port.js';
import type { ReasoningAttempt, ReasoningEnd, ReasoningRequest, SummaryRequest } from './port.js';
import type { ReasoningSettings } from './settings.js';

/** Batches of events that may be on their way before the thread waits for room. */
export const MAX_BATCHES_UNDERWAY = 16;
/** Waking the thread to say that a batch was taken costs as much as sending its chunks: it is said of so many together. */
export const TAKEN_AT_ONCE = 8;
/** Chunks in one batch: what the gateway's thread takes in one go without a pause anyone notices. */
export const MAX_BATCH_EVENTS = 512;

export type ToReasoning =
  | {
      readonly kind: 'start';
      readonly callId: number;
      readonly request: ReasoningRequest;
      /** Who is asked is to be told. */
      readonly watched: boolean;
    }
  | { readonly kind: 'summarize'; readonly callId: number; readonly request: SummaryRequest }
  | { readonly kind: 'cancel'; readonly callId: number }
  /** From now on; calls under way go on with what they began with, but for their pace. */
  | { readonly kind: 'configure'; readonly settings: ReasoningSettings }
  /** So many batches have been taken. */
  | { readonly kind: 'taken'; readonly batches: number };

/** What was to be said in one turn of the gateway's loop, in its order. */
export type ToReasoningBatch = readonly ToReasoning[];

/** Who failed, in the words that a client may hear. */
export interface Blame {
  readonly provider: string;
  readonly retryable: boolean;
}

/** {@link ReasoningEnd} before its error has the protocol's words. */
export interface CallEnd {
  readonly finishReason: ReasoningEnd['finishReason'];
  readonly toolCalls: ReasoningEnd['toolCalls'];
  readonly usage: Usage;
  /** Set exactly where `finishReason` is `error`. */
  readonly error: Blame | null;
}

/** A request to a provider has ended: for the metrics, whatever becomes of the call. */
export interface ProviderCall {
  readonly section: string;
  readonly outcome: ProviderOutcome;
}

/** A chunk's text, who is asked, a request that has ended, or how the call ended. */
export type ReasoningEvent = string | ReasoningAttempt | ProviderCall | CallEnd;

/** What happened to which call, in order. Side by side: an array for each event would take longer to cross than the event. */
export interface ReasoningBatch {
  readonly callIds: readonly number[];
  readonly events: readonly ReasoningEvent[];
}

/**
 * About a provider, for the operator; no sentence holds a key or a message. `failed`: a run got no reply of it.
 * `down`: it is not to be expected to work until it `works`, or is asked no more (`replaced`).
 */
export interface ProviderNews {
  readonly section: string;
  readonly state: 'failed' | 'down' | 'works' | 'replaced';
  readonly sentence: string;
  /** What the provider said of it, shortened and without secrets: for the log alone. */
  readonly detail: string | null;
}

/** A batch is what there is most of. */
export type FromReasoning = ReasoningBatch | ProviderNews;

export const isBatch = (what: FromReasoning): what is ReasoningBatch => 'callIds' in what;
