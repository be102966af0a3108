/**
 * Pings, and the notifications that they carry. A ping is answered by itself; but the answer settles what it carried, for all of a
 * user's connections, so it says whether somebody has been told.
 */
import type { HeartbeatPingEvent } from '../schemas/generated/client.js';
import type { Emitter } from './events.js';
import type { ClientEvents } from './options.js';

/** More than are kept for one principal: one that was not settled comes again, and is told once. */
const KNOWN = 2000;

export class Notices {
  readonly #events: Emitter<ClientEvents>;
  readonly #pong: (seq: number, settles: boolean) => void;
  readonly #known = new Set<string>();
  /** The last ping, where nobody was there to hear of what it carried. */
  #unheard: HeartbeatPingEvent | null = null;

  constructor(events: Emitter<ClientEvents>, pong: (seq: number, settles: boolean) => void) {
    this.#events = events;
    this.#pong = pong;
  }

  pinged(ping: HeartbeatPingEvent): void {
    const { seq, notifications } = ping;
    if (
      notifications.length > 0 &&
      !this.#events.has('notification') &&
      !this.#events.has('heartbeat.ping')
    ) {
      this.#unheard = ping;
      this.#pong(seq, false);
      return;
    }
    this.#unheard = null;
    for (const notification of notifications) {
      if (this.#known.has(notification.id)) continue;
      this.#known.add(notification.id);
      this.#events.emit('notification', notification);
    }
    for (const id of this.#known) {
      if (this.#known.size <= KNOWN) break;
      this.#known.delete(id);
    }
    this.#pong(seq, true);
  }

  /** Somebody may have come who listens. */
  listenersChanged(): void {
    if (this.#unheard !== null) this.pinged(this.#unheard);
  }

  /** Another connection has pings of its own. */
  disconnected(): void {
    this.#unheard = null;
  }
}
