/**
 * The reasoning port: what the gateway needs from whatever answers. One call is one attempt to
 * answer one message; its text arrives in pieces until it ends, once.
 */
import type { ReplyError, Usage } from '../memory/port.js';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What memory recalls: turns, and a summary of what is older than most of them. */
export interface RecalledTurn {
  readonly role: Turn['role'] | 'summary';
  readonly content: string;
}

export interface ReasoningRequest {
  readonly message: string;
  /** What memory recalled of the channel, newest first; a summary comes last. */
  readonly recalled: readonly RecalledTurn[];
}

export interface ReasoningEnd {
  readonly finishReason: 'stop' | 'length' | 'error';
  readonly usage: Usage;
  /** Set exactly where `finishReason` is `error`. */
  readonly error: ReplyError | null;
}

/** Who receives an answer. Called in order; never after `onEnd`, never after `cancel()`. */
export interface ReasoningSink {
  /** A piece of the answer: not empty, well-formed Unicode on its own. */
  onChunk(text: string): void;
  onEnd(end: ReasoningEnd): void;
}

export interface ReasoningCall {
  /** Stops the provider's work; the sink hears nothing more. Harmless twice and after the end. */
  cancel(): void;
}

export interface SummaryRequest {
  /** The summary so far, which the new one is to go on from; null: there is none. */
  readonly previous: string | null;
  /** What was said behind it, oldest first. */
  readonly messages: readonly Turn[];
  /** Of the new summary, estimated; it is cut where it is longer. */
  readonly maxTokens: number;
}

/** Writes down in short what was said at length, for the model itself to read later. */
export interface Summarizer {
  /** Rejects where the provider fails, and when `signal` says that nobody waits any more. */
  summarize(request: SummaryRequest, signal: AbortSignal): Promise<string>;
}

export interface ReasoningPort {
  /** Null: it has no model to write one. */
  readonly summarizer: Summarizer | null;
  start(request: ReasoningRequest, sink: ReasoningSink): ReasoningCall;
  /** Ends all calls; their sinks hear nothing more. */
  close(): Promise<void>;
}
