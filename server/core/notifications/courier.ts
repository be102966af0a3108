/**
 * Brings one connection what waits for it: fills its pings, and remembers which ping carried what
 * until a pong settles it (protocol section 7).
 */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Occurrence, PingItem } from './occurrence.js';
import type { NotificationQueue } from './queue.js';

/** A fresh notification brings a ping forward at most this often. */
const FORWARD_INTERVAL_MS = 1000;
/** A ping without its notifications, at most. */
const ENVELOPE_BYTES = 128;

/** `gateway.proactive_notifications` and `gateway.timezone`, as they are now. */
export interface NotificationSettings {
  proactive: boolean;
  /** An IANA name; empty: the system's. */
  timezone: string;
}

/** The connection. */
export interface CourierPeer {
  readonly clientId: string;
  readonly backlogBytes: number;
  /** Sends a ping at once, which asks {@link Courier.carry} what to take along. */
  pingNow(): void;
}

const NOTHING: PingItem[] = [];

export class Courier {
  readonly #peer: CourierPeer;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #settings: NotificationSettings;
  #queue: NotificationQueue | null = null;
  /** What the last ping carried, with the seq of the first ping that did; null: nothing yet. */
  #carried: Map<Occurrence, number> | null = null;
  /** Made for the first notification: most connections never get one. */
  #timer: Timer<Courier> | null = null;
  #forwardedMs = -FORWARD_INTERVAL_MS;

  constructor(peer: CourierPeer, clock: Clock, wheel: TimerWheel, settings: NotificationSettings) {
    this.#peer = peer;
    this.#clock = clock;
    this.#wheel = wheel;
    this.#settings = settings;
  }

  /** From now on it delivers what is in `queue`. */
  join(queue: NotificationQueue): void {
    this.#queue = queue;
    queue.join(this);
  }

  /** The connection is gone: what no pong has settled stays in the queue. Harmless twice. */
  leave(): void {
    if (this.#timer !== null) this.#wheel.cancel(this.#timer);
    this.#queue?.leave(this);
    this.#queue = null;
    this.#carried = null;
  }

  /** What the ping `seq` takes along: the oldest of what is due for this client, as much as fits. */
  carry(seq: number): PingItem[] {
    if (this.#queue === null || !this.#settings.proactive) return NOTHING;
    if (!this.#queue.hasDue) {
      this.#carried = null;
      return NOTHING;
    }
    const items: PingItem[] = [];
    const carried = new Map<Occurrence, number>();
    let leftBytes = PROTOCOL.maxPingBytes - ENVELOPE_BYTES;
    for (const occurrence of this.#mine(this.#queue)) {
      leftBytes -= occurrence.bytes;
      if (leftBytes < 0) break;
      items.push(occurrence.item);
      carried.set(occurrence, this.#carried?.get(occurrence) ?? seq);
    }
    this.#carried = carried.size === 0 ? null : carried;
    return items;
  }

  /** A pong has acknowledged the ping `seq` and all before it: what they carried is settled. @returns how many that were */
  acknowledged(seq: number): number {
    if (this.#queue === null || this.#carried === null) return 0;
    const settled: Occurrence[] = [];
    for (const [occurrence, firstSeq] of this.#carried) {
      if (firstSeq > seq) continue;
      this.#carried.delete(occurrence);
      settled.push(occurrence);
    }
    this.#queue.settle(settled);
    // What did not fit need not wait for the next scheduled ping.
    if (settled.length > 0 && this.#hasUncarried()) this.fresh();
    return settled.length;
  }

  /** Something that is due has come: a ping is brought forward, if it is for this client. */
  offer(occurrence: Occurrence): void {
    if (this.#isMine(occurrence)) this.fresh();
  }

  /** Brings a ping forward, at the wheel's next tick: what comes together goes together. */
  fresh(): void {
    if (!this.#settings.proactive) return;
    this.#timer ??= new Timer<Courier>(this, forward);
    if (this.#timer.scheduled) return;
    this.#wheel.schedule(this.#timer, Math.max(this.#clock.nowMs(), this.#forwardedMs + FORWARD_INTERVAL_MS));
  }

  /** The timer has fired. */
  forward(nowMs: number): void {
    // A scheduled ping may have taken it along, another connection may have settled it.
    if (!this.#settings.proactive || !this.#hasUncarried()) return;
    if (this.#peer.backlogBytes > 0) {
      // Whoever does not take what it has been sent is sent no more for now.
      if (this.#timer !== null) this.#wheel.schedule(this.#timer, nowMs + FORWARD_INTERVAL_MS);
      return;
    }
    this.#forwardedMs = nowMs;
    this.#peer.pingNow();
  }

  #isMine({ notification: { clientId } }: Occurrence): boolean {
    return clientId === null || clientId === this.#peer.clientId;
  }

  *#mine(queue: NotificationQueue): Generator<Occurrence> {
    for (const occurrence of queue.due()) if (this.#isMine(occurrence)) yield occurrence;
  }

  #hasUncarried(): boolean {
    if (this.#queue === null) return false;
    for (const occurrence of this.#mine(this.#queue)) if (!this.#carried?.has(occurrence)) return true;
    return false;
  }
}

const forward = (courier: Courier, nowMs: number): void => courier.forward(nowMs);
