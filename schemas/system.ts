/** `system.*`: the gateway about itself (protocol sections 4 and 9). */
import { Type } from 'typebox';
import { Count, closed, method, notification } from './define.js';

const target = 'SystemController' as const;

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
  'system.goaway': notification(
    { target, scope: null, summary: 'The gateway is about to close this connection' },
    Type.Object({ reason: Type.String(), grace_seconds: Type.Number({ minimum: 0 }) }),
  ),
};
