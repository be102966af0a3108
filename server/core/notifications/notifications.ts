/**
 * Notifications of the whole gateway. The store has all of them; those of a principal are here
 * while it has a connection, at most `PROTOCOL.maxNotificationsPerPrincipal`. Nothing of the
 * others needs a timer: what has come due meanwhile is found when they come.
 */
import { randomBytes } from 'node:crypto';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { MemoryPort, StoredNotification } from '../../backends/memory/port.js';
import type { Clock } from '../time/clock.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { Courier, NotificationSettings } from './courier.js';
import { NotificationQueue } from './queue.js';
import { nextRunMs } from './schedule.js';

export interface NotificationsOptions {
  readonly memory: MemoryPort;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly settings: NotificationSettings;
  readonly onFault: (what: string, error: unknown) => void;
}

/** What the caller of {@link Notifications.add} decides. */
export type NewNotification = Omit<StoredNotification, 'notificationId'>;

export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #queues = new Map<string, NotificationQueue>();
  #lastIdMs = 0;

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  /** A connection of `principal` begins: its courier delivers from now on, until it leaves. */
  join(principal: string, courier: Courier): void {
    const present = this.#queues.get(principal);
    courier.join(present ?? this.#open(principal));
  }

  /** Keeps a notification; the id once it is durable. Null: the principal has as many as it may. */
  async add(wanted: NewNotification): Promise<string | null> {
    const notification = { ...wanted, notificationId: this.#nextId(wanted.createdAtMs) };
    const outcome = await this.#options.memory.addNotification(
      notification,
      PROTOCOL.maxNotificationsPerPrincipal,
    );
    if (outcome === 'limit-reached') return null;
    this.#queues.get(notification.principal)?.add(notification);
    return notification.notificationId;
  }

  /** Cancels a notification, whosever it is. False: there is none of that id. */
  async cancel(notificationId: string): Promise<boolean> {
    const principal = await this.#options.memory.cancelNotification(notificationId);
    if (principal === null) return false;
    this.#queues.get(principal)?.remove(notificationId);
    return true;
  }

  #open(principal: string): NotificationQueue {
    const { memory, clock, wheel, settings, onFault } = this.#options;
    const queue = new NotificationQueue({
      clock,
      wheel,
      nextRunMs: (cron, afterMs) => nextRunMs(cron, settings.timezone, afterMs),
      onSettled: (settled) => {
        // Where it fails they come once more, which a client tells by their ids.
        memory.settleNotifications(settled).catch((error: unknown) => onFault('settle notifications', error));
      },
      onDeserted: () => this.#queues.delete(principal),
    });
    this.#queues.set(principal, queue);
    // Answers come in the order of the calls: what is added or cancelled from now on is so after this.
    memory.listNotifications(principal, { after: null, limit: PROTOCOL.maxNotificationsPerPrincipal }).then(
      (notifications) => {
        if (this.#queues.get(principal) === queue) queue.load(notifications);
      },
      (error: unknown) => onFault('load notifications', error),
    );
    return queue;
  }

  /** Ids sort by creation, also within a millisecond and where the wall clock was set back. */
  #nextId(wallMs: number): string {
    this.#lastIdMs = Math.max(wallMs, this.#lastIdMs + 1);
    return `ntf-${this.#lastIdMs.toString(16).padStart(12, '0')}${randomBytes(8).toString('hex')}`;
  }
}
