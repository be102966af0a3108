/** `chat.*`: messages and the replies that stream back (protocol sections 4 and 5). */
import { Type } from 'typebox';
import {
  ClientId,
  Count,
  closed,
  FinishReason,
  Id,
  method,
  notification,
  RequestMetadata,
  Timestamp,
} from './define.js';

const head = { target: 'ReasoningLayer', scope: 'chat' } as const;

export const Usage = Type.Object(
  { input: Count, output: Count, estimated: Type.Optional(Type.Boolean()) },
  { description: 'Tokens; `estimated` where the provider did not count them.' },
);

export const ReasoningError = Type.Object({
  code: Type.Integer(),
  message: Type.String(),
  data: Type.Optional(Type.Object({ provider: Type.String(), retryable: Type.Boolean() })),
});

export const HistoryMessage = Type.Object({
  message_id: Id,
  seq: Count,
  role: Type.Enum(['user', 'assistant']),
  content: Type.String(),
  created_at: Timestamp,
  finish_reason: Type.Optional(FinishReason),
  skills: Type.Optional(
    Type.Array(
      Type.Object({
        invocation_id: Id,
        skill: Type.String(),
        arguments: Type.Optional(
          Type.Record(Type.String(), Type.Unknown(), {
            description: 'Left out where they are long or deep.',
          }),
        ),
        ok: Type.Boolean(),
        content: Type.String({ description: 'The beginning of what came of it.' }),
      }),
      {
        description:
          'What the reply has used on the way, in the order in which that ended. Told once the reply is over.',
      },
    ),
  ),
});

export const chat = {
  'chat.send': method(
    { ...head, summary: 'Send a chat message' },
    closed({
      message: Type.String({ minLength: 1 }),
      channel: Type.Optional(Id),
      idempotency_key: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      metadata: Type.Optional(RequestMetadata),
    }),
    Type.Object({ message_id: Id, channel: Id, seq: Count }),
  ),
  'chat.stream': notification(
    { ...head, summary: 'Streaming response (token by token)' },
    Type.Object({
      chunk: Type.String(),
      index: Count,
      channel: Id,
      message_id: Id,
      span: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Source chunks in this frame; absent: one.' }),
      ),
    }),
  ),
  'chat.complete': notification(
    { ...head, summary: 'Response completion notification' },
    Type.Object({
      total_tokens: Count,
      channel: Id,
      duration_ms: Count,
      message_id: Id,
      finish_reason: FinishReason,
      usage: Type.Optional(Usage),
      error: Type.Optional(ReasoningError),
    }),
  ),
  'chat.message': notification(
    { ...head, summary: 'A message that another connection sent to a followed channel' },
    Type.Object({ channel: Id, message_id: Id, seq: Count, message: Type.String(), client_id: ClientId }),
  ),
  'chat.cancel': method(
    { ...head, summary: 'Cancel the reply to a message, running or queued' },
    closed({ message_id: Id }),
    Type.Object({ cancelled: Type.Boolean() }),
  ),
  'chat.resume': method(
    { ...head, summary: 'Follow a reply from behind an index' },
    closed({ message_id: Id, after_index: Type.Optional(Type.Integer({ minimum: -1 })) }),
    Type.Object({
      state: Type.Enum(['queued', 'streaming', 'complete', 'cancelled', 'interrupted', 'error']),
      recovered: Type.Boolean(),
    }),
  ),
  'chat.history': method(
    { ...head, summary: 'Read a channel’s messages, newest last' },
    closed({
      channel: Type.Optional(Id),
      before: Type.Optional(Type.Integer({ minimum: 0, description: 'A seq; only older messages follow.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    }),
    Type.Object({ messages: Type.Array(HistoryMessage), has_more: Type.Boolean() }),
  ),
};
