/** `heartbeat.*`: is the other side alive, and what should it know (protocol section 7). */
import { Type } from 'typebox';
import {
  Count,
  closed,
  Id,
  method,
  NotificationText,
  NotificationType,
  notification,
  Timestamp,
} from './define.js';

const head = { target: 'HeartbeatHandler', scope: null } as const;

export const heartbeat = {
  'heartbeat.ping': notification(
    { ...head, summary: 'Heartbeat check' },
    Type.Object({
      seq: Count,
      notifications: Type.Array(
        Type.Object({ id: Id, type: NotificationType, msg: NotificationText, created_at: Timestamp }),
      ),
    }),
  ),
  'heartbeat.pong': method(
    { ...head, summary: 'Heartbeat response' },
    closed({
      seq: Count,
      client_load: Type.Optional(Type.Number({ minimum: 0, description: '0 idle, 1 fully busy.' })),
      settle: Type.Optional(
        Type.Boolean({ description: 'default true. Whether what the pings carried was shown to somebody.' }),
      ),
    }),
    closed({}),
  ),
};
