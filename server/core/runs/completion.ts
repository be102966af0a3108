/** How a reply's end is told, and what is assumed where nobody counted. */
import { ERRORS } from '../../../schemas/codes.js';
import type { FinishReason } from '../../../schemas/define.js';
import type { ReplyError, Usage } from '../../backends/memory/port.js';
import { notificationFrame } from '../rpc/reply.js';

export interface Completion {
  readonly finishReason: FinishReason;
  readonly totalTokens: number;
  readonly durationMs: number;
  readonly usage: Usage | null;
  readonly error: ReplyError | null;
}

/** The `chat.complete` frame of a reply. */
export const completionFrame = (channelId: string, messageId: string, end: Completion): string =>
  notificationFrame('chat.complete', {
    total_tokens: end.totalTokens,
    channel: channelId,
    duration_ms: end.durationMs,
    message_id: messageId,
    finish_reason: end.finishReason,
    ...(end.usage === null ? {} : { usage: end.usage }),
    ...(end.error === null ? {} : { error: end.error }),
  });

/** All that a client may know of a failed provider: its name, and whether to try again. */
export const reasoningFailed = (provider: string, retryable: boolean): ReplyError => ({
  code: ERRORS.reasoningFailed.code,
  message: ERRORS.reasoningFailed.message,
  data: { provider, retryable },
});

/** Of two steps: estimated where either is. */
export const sumOfUsage = (one: Usage, other: Usage): Usage => ({
  input: one.input + other.input,
  output: one.output + other.output,
  ...(one.estimated === true || other.estimated === true ? { estimated: true } : {}),
});

/** The usual rule of thumb for tokens of a text: four bytes each. */
export const estimateUsage = (inputBytes: number, outputBytes: number): Usage => ({
  input: Math.ceil(inputBytes / 4),
  output: Math.ceil(outputBytes / 4),
  estimated: true,
});
