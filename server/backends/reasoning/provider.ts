/** What the reasoning thread needs of a provider's SDK: one request, streamed. */
import type { Conversation } from './conversation.js';
import type { ToolCall } from './port.js';

/** Who hears a reply as it comes. */
export interface Listener {
  /** Text in order, in pieces of any length. A promise: there is no room for more until it resolves. */
  text(piece: string): Promise<void> | null;
  /** The model does something that nobody hears: it thinks, or writes the arguments of a call. */
  alive(): void;
  /** It has said why it ends: only counts may follow. */
  over(): void;
}

/** How a reply ended that came to its end. */
export interface Said {
  readonly finishReason: 'stop' | 'length' | 'tools';
  /** Not empty exactly where `finishReason` is `tools`. */
  readonly toolCalls: readonly ToolCall[];
  /** The provider's own counts; null where it sent none. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

export interface Provider {
  /**
   * Asks once, and never again by itself. Rejects with whatever went wrong (`failureOf` knows what it means).
   * Aborted, it closes its connection, and ends in any way: look at the signal.
   */
  stream(conversation: Conversation, listener: Listener, signal: AbortSignal): Promise<Said>;
}

const silent = (): void => {};
/** The SDKs log what they get and send. */
export const SILENT_LOG = {
  logLevel: 'off',
  logger: { error: silent, warn: silent, info: silent, debug: silent },
} as const;

/** What to call how a reply ended, given what came of it. */
export const endOf = (
  isCut: boolean,
  calls: readonly ToolCall[],
): Pick<Said, 'finishReason' | 'toolCalls'> => {
  // The last call of a reply that was cut may be half of one.
  if (isCut) return { finishReason: 'length', toolCalls: [] };
  return calls.length > 0
    ? { finishReason: 'tools', toolCalls: calls }
    : { finishReason: 'stop', toolCalls: [] };
};
