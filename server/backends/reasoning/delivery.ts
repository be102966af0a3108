/**
 * What goes to the gateway's thread: events in batches, and never more of them than it has room for. The embedded
 * engine makes its batches itself; what comes from providers is gathered here.
 */
import type { MessagePort } from 'node:worker_threads';
import {
  MAX_BATCH_EVENTS,
  MAX_BATCHES_UNDERWAY,
  type ReasoningBatch,
  type ReasoningEvent,
} from './messages.js';

/** Words of many replies that come within this go together: nobody sees the difference, and waking a thread is dear. */
const GATHER_MS = 4;
/** Events that wait for a batch; beyond, providers are not read. */
const MAX_WAITING_EVENTS = 2 * MAX_BATCH_EVENTS;

export class Delivery {
  readonly #port: Pick<MessagePort, 'postMessage'>;
  #underway = 0;
  #callIds: number[] = [];
  #events: ReasoningEvent[] = [];
  #scheduled = false;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #waiters: (() => void)[] = [];

  constructor(port: Pick<MessagePort, 'postMessage'>) {
    this.#port = port;
  }

  /** One more batch may go. */
  get hasRoom(): boolean {
    return this.#underway < MAX_BATCHES_UNDERWAY;
  }

  send(batch: ReasoningBatch): void {
    this.#underway += 1;
    this.#port.postMessage(batch);
  }

  /** Goes with the next batch. */
  push(callId: number, event: ReasoningEvent): void {
    this.#callIds.push(callId);
    this.#events.push(event);
    this.#schedule();
  }

  /** Null: there is room for more. Else resolves once there is. */
  room(): Promise<void> | null {
    if (this.#events.length < MAX_WAITING_EVENTS) return null;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** So many batches have been taken. */
  taken(batches: number): void {
    this.#underway -= batches;
    if (this.#events.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.hasRoom) return;
    this.#scheduled = true;
    const waitMs = this.#lastFlushMs + GATHER_MS - performance.now();
    // What is first after a while goes at once.
    if (waitMs <= 0) setImmediate(this.#flush);
    else setTimeout(this.#flush, waitMs);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (!this.hasRoom || this.#events.length === 0) return;
    this.#lastFlushMs = performance.now();
    this.send({
      callIds: this.#callIds.splice(0, MAX_BATCH_EVENTS),
      events: this.#events.splice(0, MAX_BATCH_EVENTS),
    });
    if (this.#events.length > 0) this.#schedule();
    if (this.#waiters.length === 0 || this.#events.length >= MAX_WAITING_EVENTS) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  };
}
