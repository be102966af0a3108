/** `auth.*`: the one message a connection must send first (protocol section 3). */
import { Type } from 'typebox';
import { ClientId, Count, closed, Id, method, RunningStreams, SCOPES } from './define.js';

export const auth = {
  'auth.handshake': method(
    {
      target: 'SystemController',
      scope: null,
      summary: 'Authenticate this connection, and restore an earlier session if asked to',
    },
    closed({
      client_id: ClientId,
      client_version: Type.String({ minLength: 1, maxLength: 128 }),
      token: Type.String({ minLength: 1, maxLength: 512 }),
      traceparent: Type.Optional(
        Type.String({
          maxLength: 128,
          description:
            'W3C Trace Context, for every request that names none in its `metadata`; ignored where it is malformed.',
        }),
      ),
      resume: Type.Optional(
        closed({
          session_id: Id,
          streams: Type.Optional(
            Type.Array(closed({ message_id: Id, after_index: Type.Integer({ minimum: -1 }) }), {
              maxItems: 64,
            }),
          ),
        }),
      ),
    }),
    Type.Object({
      session_id: Id,
      channels: Type.Array(Id, { description: 'Ids of the principal’s channels; `default` always exists.' }),
      heartbeat_interval: Type.Number({ description: 'Seconds between two `heartbeat.ping`.' }),
      server_version: Type.String(),
      scopes: Type.Array(Type.Enum([...SCOPES])),
      limits: Type.Object(
        { max_message_bytes: Count, messages_per_second: Type.Number(), burst_size: Count },
        {
          description: 'What holds for this connection; 1 000 000 000 messages where there is no rate limit.',
        },
      ),
      resumed: Type.Boolean(),
      streams: RunningStreams,
    }),
  ),
};
