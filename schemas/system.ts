/** `system.*`: the gateway about itself (protocol sections 4 and 9). */
import { Type } from 'typebox';
import {
  ClientId,
  Count,
  closed,
  Id,
  method,
  NotificationText,
  NotificationType,
  notification,
  PrincipalName,
  Timestamp,
  watching,
} from './define.js';

const target = 'SystemController' as const;

const Cron = Type.String({
  maxLength: 128,
  pattern: '^[A-Za-z0-9*,/?#@ -]+$',
  description: 'Minute, hour, day, month and day of the week, in `gateway.timezone`.',
});

/** So long as they are cut in a line; `-`: there is none, or it is not known. */
const Shown = Type.String();

/** A frame on its way, its way to who answers it, or what a reply does inside: a line of `openclaw gateway trace`. */
const TraceEvent = Type.Object({
  time: Timestamp,
  kind: Type.Enum(['RECV', 'ROUTE', 'SEND', 'RECALL', 'ASK', 'FAIL', 'MODEL', 'CALL', 'SKILL', 'DONE']),
  msg_id: Shown,
  method: Shown,
  channel: Shown,
  client_id: Shown,
  size_bytes: Type.Optional(Count),
  target: Type.Optional(Type.String({ description: 'Of `ROUTE`: who answers.' })),
  latency_ms: Type.Optional(Type.Number({ description: 'Of `ROUTE`: since the frame was received.' })),
  chunk: Type.Optional(Count),
  span: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Chunks in one frame, where it is more than one.' }),
  ),
  chunk_bytes: Type.Optional(Count),
  tokens: Type.Optional(Count),
  duration_ms: Type.Optional(Type.Number({ minimum: 0 })),
  finish_reason: Type.Optional(Type.String({ description: 'Of `MODEL` also `tools` and `cancelled`.' })),
  error: Type.Optional(Type.Integer({ description: 'The code of an error that is told.' })),
  message_id: Type.Optional(Id),
  step: Type.Optional(Type.Integer({ minimum: 1, description: 'Of the model, on the way to one reply.' })),
  steps: Type.Optional(Count),
  provider: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  attempt: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Of one provider in one step; none: it was not asked.' }),
  ),
  tools: Type.Optional(Type.Integer({ minimum: 0, description: 'Of `ASK`: skills that are offered.' })),
  reason: Type.Optional(Type.String({ description: 'Of `FAIL`: a clause that follows “it”.' })),
  retry_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'Of `FAIL`: asked again after so long.' })),
  calls: Type.Optional(Type.Integer({ minimum: 0, description: 'Of `MODEL`: skills that it asks for.' })),
  input_tokens: Type.Optional(Count),
  output_tokens: Type.Optional(Count),
  first_token_ms: Type.Optional(Type.Number({ minimum: 0 })),
  messages: Type.Optional(Type.Integer({ minimum: 0, description: 'Of `RECALL`: messages and replies.' })),
  summaries: Type.Optional(Count),
  skill: Type.Optional(Shown),
  background: Type.Optional(Type.Boolean()),
  outcome: Type.Optional(Type.Enum(['ok', 'failed', 'skipped', 'refused', 'cancelled'])),
  body: Type.Optional(Type.String()),
});

export const system = {
  'system.status': method(
    { target, scope: 'status', summary: 'Query system status' },
    closed({}),
    Type.Object({
      uptime_seconds: Type.Number({ minimum: 0 }),
      active_connections: Count,
      total_messages: Count,
      messages_per_second: Type.Number({ minimum: 0 }),
      active_channels: Count,
      memory_bytes: Count,
      heartbeat_ok: Count,
      heartbeat_total: Count,
      rate_limit_hits: Count,
      client_load: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: 'Mean of what clients last said in `heartbeat.pong`; null: none has.',
      }),
      server_version: Type.String(),
    }),
  ),
  'system.methods': method(
    { target, scope: null, summary: 'List every method of the protocol' },
    closed({}),
    Type.Object({
      methods: Type.Array(
        Type.Object({
          name: Type.String(),
          direction: Type.String(),
          target: Type.String(),
          scope: Type.Union([Type.String(), Type.Null()]),
          summary: Type.String(),
        }),
      ),
    }),
  ),
  'system.ping': method(
    { target, scope: null, summary: 'Answer at once' },
    closed({}),
    Type.Object({ pong: Type.Literal(true) }),
  ),
  'system.reload': method(
    { target, scope: 'admin', summary: 'Read the configuration file again' },
    closed({}),
    Type.Object({
      changed: Type.Array(Type.String(), { description: 'Keys that took effect.' }),
      needs_restart: Type.Array(Type.String(), { description: 'Keys that differ but stay until a restart.' }),
    }),
  ),
  'system.trace': watching(
    { target, scope: 'admin', summary: 'Watch the frames of all other connections' },
    closed({
      enabled: Type.Boolean(),
      verbose: Type.Optional(Type.Boolean({ default: false })),
      method: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      channel: Type.Optional(Id),
      client_id: Type.Optional(ClientId),
      errors: Type.Optional(Type.Boolean({ default: false })),
    }),
    Type.Object({ enabled: Type.Boolean() }),
    Type.Object({ events: Type.Array(TraceEvent), lost: Count }),
  ),
  'system.notify': method(
    { target, scope: 'admin', summary: 'Notify a principal’s clients, now or at a time', once: true },
    closed({
      principal: Type.Optional(PrincipalName),
      client_id: Type.Optional(ClientId),
      type: NotificationType,
      msg: NotificationText,
      at: Type.Optional(
        Type.String({
          pattern: '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
          description: 'RFC 3339; at once where it has passed.',
        }),
      ),
      in_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 315_360_000 })),
      cron: Type.Optional(Cron),
    }),
    Type.Object({ notification_id: Id }),
  ),
  'system.notifications': method(
    { target, scope: 'admin', summary: 'List a principal’s notifications, pending and scheduled' },
    closed({
      principal: Type.Optional(PrincipalName),
      after: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 100 })),
    }),
    Type.Object({
      notifications: Type.Array(
        Type.Object({
          notification_id: Id,
          principal: PrincipalName,
          client_id: Type.Optional(ClientId),
          type: NotificationType,
          msg: NotificationText,
          created_at: Timestamp,
          due_at: Timestamp,
          cron: Type.Optional(Cron),
          state: Type.Enum(['pending', 'scheduled']),
        }),
      ),
      has_more: Type.Boolean(),
    }),
  ),
  'system.notify_cancel': method(
    { target, scope: 'admin', summary: 'Cancel a notification', once: true },
    closed({ notification_id: Id }),
    Type.Object({ cancelled: Type.Boolean() }),
  ),
  'system.goaway': notification(
    { target, scope: null, summary: 'The gateway is about to close this connection' },
    Type.Object({ reason: Type.String(), grace_seconds: Type.Number({ minimum: 0 }) }),
  ),
};
