/** Watches over what a client has not taken of what it was sent; made when that first happens. */
import type { GatewayMetrics } from '../../../metrics/metrics.js';
import { Deadline } from '../time/timer-wheel.js';

/** The connection that is watched. */
export interface BacklogOwner {
  checkBacklog(nowMs: number): void;
}

export class BacklogWatch extends Deadline {
  readonly #owner: BacklogOwner;
  readonly #metrics: Pick<GatewayMetrics, 'backlogBytes' | 'clientsLagging'>;
  /** What the metrics know of. */
  #countedBytes = 0;

  constructor(owner: BacklogOwner, metrics: Pick<GatewayMetrics, 'backlogBytes' | 'clientsLagging'>) {
    super();
    this.#owner = owner;
    this.#metrics = metrics;
  }

  /** So many bytes wait for the client now: added to those of all others as they change, so that nobody has to add them up. */
  count(bytes: number): void {
    if (bytes === this.#countedBytes) return;
    this.#metrics.backlogBytes += bytes - this.#countedBytes;
    if (this.#countedBytes === 0) this.#metrics.clientsLagging += 1;
    if (bytes === 0) this.#metrics.clientsLagging -= 1;
    this.#countedBytes = bytes;
  }

  override expire(nowMs: number): void {
    this.#owner.checkBacklog(nowMs);
  }
}
