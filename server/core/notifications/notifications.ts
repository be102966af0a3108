/**
 * Notifications of the whole gateway. The store has all of them; those of a principal are here
 * while it has a connection, at most `PROTOCOL.maxNotificationsPerPrincipal`. Nothing of the
 * others needs a timer: what has come due meanwhile is found when they come.
 */

import type { GatewayMetrics } from '../../../metrics/metrics.js';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { MemoryPort, StoredNotification } from '../../backends/memory/port.js';
import { randomHex } from '../ids.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Courier, NotificationSettings } from './courier.js';
import { NotificationQueue } from './queue.js';
import { nextRunMs } from './schedule.js';

export interface NotificationsOptions {
  readonly memory: MemoryPort;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly settings: NotificationSettings;
  readonly metrics: Pick<GatewayMetrics, 'notificationsQueued' | 'notificationsDelivered'>;
  readonly onFault: (what: string, error: unknown) => void;
}

/** A queue that could not be read is read again after this. */
const RELOAD_MS = 5000;
/** What waits to be delivered without being in the store, at most; the oldest give way. */
const MAX_UNSTORED = 100;

/** Principals of whom nothing more is kept than that they have no notification. */
const MAX_EMPTY = 1024;

/** What the caller of {@link Notifications.add} decides. */
export type NewNotification = Omit<StoredNotification, 'notificationId'>;

export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #queues = new Map<string, NotificationQueue>();
  /** Principals that have just left and had nothing waiting: whoever comes back soon is not looked for in the store. */
  readonly #empty = new Set<string>();
  /** What was told while the store could not keep it. */
  #unstored: StoredNotification[] = [];
  #lastIdMs = 0;

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  /** A connection of `principal` begins: its courier delivers from now on, until it leaves. */
  join(principal: string, courier: Courier): void {
    const present = this.#queues.get(principal);
    courier.join(present ?? this.#open(principal, this.#empty.delete(principal)));
  }

  /** Keeps a notification; the id once it is durable. Null: the principal has as many as it may. */
  async add(wanted: NewNotification): Promise<string | null> {
    const notification = { ...wanted, notificationId: this.#nextId(wanted.createdAtMs) };
    const outcome = await this.#options.memory.addNotification(
      notification,
      PROTOCOL.maxNotificationsPerPrincipal,
    );
    if (outcome === 'limit-reached') return null;
    this.#options.metrics.notificationsQueued += 1;
    this.#empty.delete(notification.principal);
    this.#queues.get(notification.principal)?.add(notification);
    return notification.notificationId;
  }

  /**
   * Tells a principal something that must not wait for the store to work: where that fails, it is kept in memory.
   * What waits there in the same words is not said again. Rejects where the principal has as many as it may.
   */
  async tell(wanted: NewNotification): Promise<void> {
    const { memory } = this.#options;
    const { principal, type, msg } = wanted;
    const page = { after: null, limit: PROTOCOL.maxNotificationsPerPrincipal };
    let refused = false;
    try {
      const waiting = await memory.listNotifications(principal, page);
      if (waiting.some((other) => other.type === type && other.msg === msg)) return;
      refused = (await this.add(wanted)) === null;
    } catch {
      // The store has said so to the log already.
      const notification = { ...wanted, notificationId: this.#nextId(wanted.createdAtMs) };
      this.#unstored = [...this.#unstored, notification].slice(-MAX_UNSTORED);
      this.#options.metrics.notificationsQueued += 1;
      this.#queues.get(principal)?.add(notification);
    }
    if (refused) throw new Error(`the queue of ${principal} is full`);
  }

  /** Cancels a notification, whosever it is. False: there is none of that id. */
  async cancel(notificationId: string): Promise<boolean> {
    const principal = await this.#options.memory.cancelNotification(notificationId);
    if (principal === null) return false;
    this.#queues.get(principal)?.remove(notificationId);
    return true;
  }

  #left(principal: string, queue: NotificationQueue): void {
    this.#queues.delete(principal);
    if (!queue.isKnownEmpty) return;
    this.#empty.add(principal);
    if (this.#empty.size <= MAX_EMPTY) return;
    const [oldest = ''] = this.#empty;
    this.#empty.delete(oldest);
  }

  #open(principal: string, isEmpty: boolean): NotificationQueue {
    const { memory, clock, wheel, settings, metrics, onFault } = this.#options;
    const queue: NotificationQueue = new NotificationQueue({
      clock,
      wheel,
      nextRunMs: (cron, afterMs) => nextRunMs(cron, settings.timezone, afterMs),
      onSettled: (settled) => {
        metrics.notificationsDelivered += settled.length;
        const ids = new Set(settled.map(({ notificationId }) => notificationId));
        this.#unstored = this.#unstored.filter(({ notificationId }) => !ids.has(notificationId));
        // Where it fails they come once more, which a client tells by their ids.
        memory.settleNotifications(settled).catch((error: unknown) => {
          queue.unload();
          this.#empty.delete(principal);
          onFault('settle notifications', error);
        });
      },
      onDeserted: () => this.#left(principal, queue),
    });
    this.#queues.set(principal, queue);
    for (const each of this.#unstored) if (each.principal === principal) queue.add(each);
    if (isEmpty) queue.load([]);
    else this.#load(principal, queue);
    return queue;
  }

  #load(principal: string, queue: NotificationQueue): void {
    const { memory, clock, wheel, onFault } = this.#options;
    const page = { after: null, limit: PROTOCOL.maxNotificationsPerPrincipal };
    // Answers come in the order of the calls: what is added or cancelled from now on is so after this.
    memory.listNotifications(principal, page).then(
      (notifications) => {
        if (this.#queues.get(principal) === queue) queue.load(notifications);
      },
      (error: unknown) => {
        onFault('load notifications', error);
        if (this.#queues.get(principal) !== queue) return;
        const again = new Timer(null, () => {
          if (this.#queues.get(principal) === queue) this.#load(principal, queue);
        });
        wheel.schedule(again, clock.nowMs() + RELOAD_MS);
      },
    );
  }

  /** Ids sort by creation, also within a millisecond and where the wall clock was set back. */
  #nextId(wallMs: number): string {
    this.#lastIdMs = Math.max(wallMs, this.#lastIdMs + 1);
    return `ntf-${this.#lastIdMs.toString(16).padStart(12, '0')}${randomHex(8)}`;
  }
}
