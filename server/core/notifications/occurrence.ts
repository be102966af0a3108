/** A notification that is due, as pings carry it. */
import type { Params } from '../../../schemas/methods.js';
import type { StoredNotification } from '../../backends/memory/port.js';

export type PingItem = Params<'heartbeat.ping'>['notifications'][number];

export interface Occurrence {
  readonly notification: StoredNotification;
  readonly item: PingItem;
  /** What it takes in a ping, its comma included. */
  readonly bytes: number;
}

/** Encoded once, however many pings of however many connections carry it. */
export const occurrenceOf = (notification: StoredNotification): Occurrence => {
  const { notificationId, type, msg, createdAtMs, dueAtMs, cron } = notification;
  const item: PingItem = {
    // A client tells a repeated one by its id: each time of a schedule needs its own, the same after a restart.
    id: cron === null ? notificationId : `${notificationId}:${dueAtMs}`,
    type,
    msg,
    created_at: new Date(createdAtMs).toISOString(),
  };
  return { notification, item, bytes: Buffer.byteLength(JSON.stringify(item)) + 1 };
};
