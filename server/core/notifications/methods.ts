/** `system.notify*` (protocol section 4). */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { MemoryPort, StoredNotification } from '../../backends/memory/port.js';
import { timestamp } from '../channels/methods.js';
import { fail } from '../rpc/failure.js';
import type { Handlers } from '../rpc/router.js';
import type { Clock } from '../time/clock.js';
import type { NotificationSettings } from './courier.js';
import type { Notifications } from './notifications.js';
import { dueTime } from './schedule.js';

const DEFAULT_PAGE = 100;

export interface NotificationMethodsOptions {
  readonly memory: MemoryPort;
  readonly notifications: Notifications;
  readonly notificationSettings: NotificationSettings;
  readonly clock: Clock;
}

export const notificationMethods = (
  options: NotificationMethodsOptions,
): Pick<Handlers, 'system.notify' | 'system.notifications' | 'system.notify_cancel'> => {
  const { memory, notifications, notificationSettings, clock } = options;
  return {
    'system.notify': async (session, params) => {
      const createdAtMs = clock.wallMs();
      const when = dueTime(params, notificationSettings.timezone, createdAtMs);
      if (!when.ok) {
        const { path, message } = when;
        return fail('invalidParams', { errors: [{ path, message }] });
      }
      const notificationId = await notifications.add({
        principal: params.principal ?? session.principal.name,
        clientId: params.client_id ?? null,
        type: params.type,
        msg: params.msg,
        createdAtMs,
        dueAtMs: when.dueAtMs,
        cron: when.cron,
      });
      if (notificationId === null) {
        const reason = `${PROTOCOL.maxNotificationsPerPrincipal} notifications of a principal are the limit; cancel one first, or wait until some are delivered`;
        return fail('permissionDenied', { reason });
      }
      return { notification_id: notificationId };
    },
    'system.notifications': async (session, { principal, after, limit = DEFAULT_PAGE }) => {
      const page = { after: after ?? null, limit: limit + 1 };
      const found = await memory.listNotifications(principal ?? session.principal.name, page);
      const wallMs = clock.wallMs();
      return {
        notifications: found.slice(0, limit).map((each) => described(each, wallMs)),
        has_more: found.length > limit,
      };
    },
    'system.notify_cancel': async (_session, params) => ({
      cancelled: await notifications.cancel(params.notification_id),
    }),
  };
};

const described = (notification: StoredNotification, wallMs: number) => {
  const { notificationId, principal, clientId, type, msg, createdAtMs, dueAtMs, cron } = notification;
  return {
    notification_id: notificationId,
    principal,
    ...(clientId === null ? {} : { client_id: clientId }),
    type,
    msg,
    created_at: timestamp(createdAtMs),
    due_at: timestamp(dueAtMs),
    ...(cron === null ? {} : { cron }),
    state: dueAtMs <= wallMs ? ('pending' as const) : ('scheduled' as const),
  };
};
