/** A principal's notifications while it has a connection: what is due, and what waits for its time. */
import type { SettledOccurrence, StoredNotification } from '../../backends/memory/port.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Courier } from './courier.js';
import { type Occurrence, occurrenceOf } from './occurrence.js';

/**
 * Deadlines are wall-clock times and the wheel is monotonic: it is looked at the wall clock at
 * least this often, so that one that was set is noticed.
 */
const WALL_CHECK_MS = 30_000;

export interface QueueOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** When a schedule comes round after `afterMs`; null: never. */
  readonly nextRunMs: (cron: string, afterMs: number) => number | null;
  /** These were delivered and must not be after a restart. */
  readonly onSettled: (settled: readonly SettledOccurrence[]) => void;
  /** The last connection has gone. */
  readonly onDeserted: () => void;
}

const byDueTime = (a: StoredNotification, b: StoredNotification): number =>
  a.dueAtMs - b.dueAtMs || (a.notificationId < b.notificationId ? -1 : 1);

export class NotificationQueue {
  readonly #options: QueueOptions;
  readonly #couriers = new Set<Courier>();
  /** By notification id, oldest first. */
  #due = new Map<string, Occurrence>();
  readonly #scheduled = new Map<string, StoredNotification>();
  #isLoaded = false;
  readonly #timer = new Timer<NotificationQueue>(this, (queue) => queue.#release());

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  join(courier: Courier): void {
    this.#couriers.add(courier);
  }

  leave(courier: Courier): void {
    this.#couriers.delete(courier);
    if (this.#couriers.size > 0) return;
    this.#options.wheel.cancel(this.#timer);
    this.#options.onDeserted();
  }

  /** Is there anything to be delivered? */
  get hasDue(): boolean {
    return this.#due.size > 0;
  }

  /** What is to be delivered, oldest first. */
  due(): IterableIterator<Occurrence> {
    return this.#due.values();
  }

  /** It has been loaded, and the principal has no notification at all. */
  get isKnownEmpty(): boolean {
    return this.#isLoaded && this.#due.size === 0 && this.#scheduled.size === 0;
  }

  /** The store holds more than is here. */
  unload(): void {
    this.#isLoaded = false;
  }

  /** What the store holds of the principal. What is due of it rides on the next ping. */
  load(notifications: readonly StoredNotification[]): void {
    this.#isLoaded = true;
    const wallMs = this.#options.clock.wallMs();
    const due = [...this.#due.values()].map(({ notification }) => notification);
    for (const notification of notifications) {
      if (this.#due.has(notification.notificationId)) continue;
      if (notification.dueAtMs <= wallMs) due.push(notification);
      else this.#scheduled.set(notification.notificationId, notification);
    }
    const known = this.#due;
    this.#due = new Map(
      due
        .sort(byDueTime)
        .map((each) => [each.notificationId, known.get(each.notificationId) ?? occurrenceOf(each)]),
    );
    this.#arm();
  }

  /** A new one, which is in the store. */
  add(notification: StoredNotification): void {
    this.#scheduled.set(notification.notificationId, notification);
    this.#release();
  }

  /** It was cancelled. */
  remove(notificationId: string): void {
    this.#due.delete(notificationId);
    this.#scheduled.delete(notificationId);
    this.#arm();
  }

  /** A client has these. Those that another connection settled before are passed over. */
  settle(occurrences: readonly Occurrence[]): void {
    const { clock, nextRunMs, onSettled } = this.#options;
    const settled: SettledOccurrence[] = [];
    for (const occurrence of occurrences) {
      const { notification } = occurrence;
      const { notificationId, dueAtMs, cron } = notification;
      if (this.#due.get(notificationId) !== occurrence) continue;
      this.#due.delete(notificationId);
      // Not before now: the times that passed while nobody was there are one.
      const nextDueAtMs = cron === null ? null : nextRunMs(cron, Math.max(dueAtMs, clock.wallMs()));
      if (nextDueAtMs !== null) {
        this.#scheduled.set(notificationId, { ...notification, dueAtMs: nextDueAtMs });
      }
      settled.push({ notificationId, dueAtMs, nextDueAtMs });
    }
    if (settled.length === 0) return;
    onSettled(settled);
    this.#arm();
  }

  /** Moves what has come due, and tells the connections. */
  #release(): void {
    const wallMs = this.#options.clock.wallMs();
    const ripe = [...this.#scheduled.values()].filter(({ dueAtMs }) => dueAtMs <= wallMs).sort(byDueTime);
    for (const notification of ripe) {
      const occurrence = occurrenceOf(notification);
      this.#scheduled.delete(notification.notificationId);
      this.#due.set(notification.notificationId, occurrence);
      for (const courier of this.#couriers) courier.offer(occurrence);
    }
    this.#arm();
  }

  #arm(): void {
    const { clock, wheel } = this.#options;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of this.#scheduled.values()) firstMs = Math.min(firstMs, dueAtMs);
    if (this.#couriers.size === 0 || firstMs === Number.POSITIVE_INFINITY) {
      wheel.cancel(this.#timer);
      return;
    }
    const waitMs = Math.min(firstMs - clock.wallMs(), WALL_CHECK_MS);
    wheel.schedule(this.#timer, clock.nowMs() + waitMs);
  }
}
