/** Reminders are a principal's own notifications of that type: they come with the heartbeat when they are due. */

import { PROTOCOL } from '../../../schemas/codes.js';
import type { MemoryPort, StoredNotification } from '../../backends/memory/port.js';
import type { Reminder, Reminders } from '../../backends/skills/port.js';
import type { NotificationSettings } from '../notifications/courier.js';
import type { Notifications } from '../notifications/notifications.js';
import { dueTime } from '../notifications/schedule.js';
import type { Clock } from '../time/clock.js';

const TYPE = 'reminder';

export interface RemindersOptions {
  readonly memory: MemoryPort;
  readonly notifications: Notifications;
  readonly notificationSettings: NotificationSettings;
  readonly clock: Clock;
}

const reminderOf = ({ notificationId, msg, dueAtMs, cron }: StoredNotification): Reminder => ({
  id: notificationId,
  text: msg,
  dueAtMs,
  cron,
});

export const remindersOf = (options: RemindersOptions): Reminders => {
  const { memory, notifications, notificationSettings, clock } = options;
  const all = async (principal: string): Promise<readonly StoredNotification[]> => {
    const page = { after: null, limit: PROTOCOL.maxNotificationsPerPrincipal };
    return (await memory.listNotifications(principal, page)).filter(({ type }) => type === TYPE);
  };
  return {
    async set(principal, { text, ...rest }) {
      const createdAtMs = clock.wallMs();
      const when = dueTime(rest, notificationSettings.timezone, createdAtMs);
      if (!when.ok) return { problem: `${when.path.slice(1)} ${when.message}`.trim() };
      const { dueAtMs, cron } = when;
      const reminder = { principal, clientId: null, type: TYPE, msg: text, createdAtMs, dueAtMs, cron };
      const notificationId = await notifications.add(reminder);
      return notificationId === null
        ? { problem: 'cannot be set: there are too many; cancel one first' }
        : reminderOf({ ...reminder, notificationId });
    },
    list: async (principal) => (await all(principal)).map(reminderOf),
    async cancel(principal, id) {
      const isTheirs = (await all(principal)).some(({ notificationId }) => notificationId === id);
      return isTheirs && notifications.cancel(id);
    },
  };
};
