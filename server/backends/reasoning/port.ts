/**
 * The reasoning port: what the gateway needs from whatever answers. One call is one attempt to
 * answer one message; its text arrives in pieces until it ends, once.
 */
import type { ReplyError, Usage } from '../memory/port.js';

export interface RecalledTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface ReasoningRequest {
  readonly message: string;
  /** What memory recalled of the channel, newest first. */
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

export interface ReasoningPort {
  start(request: ReasoningRequest, sink: ReasoningSink): ReasoningCall;
  /** Ends all calls; their sinks hear nothing more. */
  close(): Promise<void>;
}
