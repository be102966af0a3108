/**
 * The reasoning port: what the gateway needs from whatever answers. One call is one step towards the
 * answer to one message; its text arrives in pieces until it ends, once. A step that ends with calls of tools is
 * followed by another, whose request has their results.
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

/** Something that the model may ask for. */
export interface ToolDefinition {
  /** As the model is to write it: letters, digits, `_` and `-`, 64 at most. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: { readonly [key: string]: unknown };
}

export interface ToolCall {
  /** The provider's own name for this call. */
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: meant to be JSON, and not to be trusted with it. */
  readonly argumentsJson: string;
}

/** What came of a call: data for the model, whatever it says. */
export interface ToolOutcome {
  readonly call: ToolCall;
  readonly ok: boolean;
  readonly content: string;
}

/** A step that is over: what the model said and asked for, and what it got. */
export interface ReasoningStep {
  readonly text: string;
  readonly outcomes: readonly ToolOutcome[];
}

export interface ReasoningRequest {
  readonly message: string;
  /** What memory recalled of the channel, newest first; a summary comes last. */
  readonly recalled: readonly RecalledTurn[];
  /** What the model may ask for; none in the last step. */
  readonly tools: readonly ToolDefinition[];
  /** Steps towards this answer so far, oldest first. */
  readonly steps: readonly ReasoningStep[];
}

export interface ReasoningEnd {
  /** `tools`: the model waits for what it has asked for. */
  readonly finishReason: 'stop' | 'length' | 'tools' | 'error';
  /** Not empty exactly where `finishReason` is `tools`. */
  readonly toolCalls: readonly ToolCall[];
  /** Of this step alone. */
  readonly usage: Usage;
  /** Set exactly where `finishReason` is `error`. */
  readonly error: ReplyError | null;
}

/** That a provider is asked, or what came of it where it gave no reply; for whoever watches. */
export interface ReasoningAttempt {
  /** `passed`: it was not asked, for it has failed too often. */
  readonly state: 'asked' | 'failed' | 'passed';
  /** Its kind: no address, no key. */
  readonly provider: string;
  /** Null: the embedded engine, which has none. */
  readonly model: string | null;
  /** Of this provider in this step, from 1; 0: it was passed. */
  readonly attempt: number;
  /** A clause that follows “it”, and repeats nothing that the provider said; null: it is only asked. */
  readonly reason: string | null;
  /** It is asked again after so long; null: it is not. */
  readonly retryMs: number | null;
}

/** Who receives an answer. Called in order; never after `onEnd`, never after `cancel()`. */
export interface ReasoningSink {
  /** A piece of the answer: not empty, well-formed Unicode on its own. */
  onChunk(text: string): void;
  onEnd(end: ReasoningEnd): void;
  /** In its place between the pieces; nothing of it is made where nobody listens. */
  onAttempt?(attempt: ReasoningAttempt): void;
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
