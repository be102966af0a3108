/** How many TCP connections are open, those that say nothing included: whether one more is let in at all. */
import type { AdmissionLimits } from '../core/limits/admission.js';

/** Sockets beyond `maxConnections` that may be open for a moment: who comes last is still told that there is no room. */
const SPARE_SOCKETS = 128;

/** The cells: connections that are WebSockets, and those that are in the middle of it, silent, or a browser's. */
const OPEN = 0;
const HANDSHAKING = 1;
const CELLS = 2;

export type SocketLimits = Pick<AdmissionLimits, 'maxConnections' | 'maxUnauthenticated'>;

export class SocketCount {
  readonly #cells: Int32Array;
  readonly #limits: SocketLimits;

  /** @param limits read at every decision, so that a reload takes effect at once */
  constructor(cells: Int32Array, limits: SocketLimits) {
    this.#cells = cells;
    this.#limits = limits;
  }

  /** What a count keeps its numbers in. Counts that are given the same cells, in whatever threads, count together. */
  static cells(): Int32Array {
    return new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
  }

  /** TCP connections that are no WebSockets, or not yet. */
  get connecting(): number {
    return Atomics.load(this.#cells, HANDSHAKING);
  }

  /**
   * A TCP connection has opened. False: there is no room even to say so, close it. Either way it counts until
   * {@link upgraded} or {@link disconnect}.
   */
  connect(): boolean {
    const { maxConnections, maxUnauthenticated } = this.#limits;
    const handshaking = Atomics.add(this.#cells, HANDSHAKING, 1);
    const full = Atomics.load(this.#cells, OPEN) + handshaking >= maxConnections + SPARE_SOCKETS;
    const crowded = maxUnauthenticated > 0 && handshaking >= maxUnauthenticated;
    return !full && !crowded;
  }

  /** A TCP connection has gone that never became a WebSocket. */
  disconnect(): void {
    Atomics.sub(this.#cells, HANDSHAKING, 1);
  }

  /** A TCP connection has become a WebSocket. */
  upgraded(): void {
    Atomics.sub(this.#cells, HANDSHAKING, 1);
    Atomics.add(this.#cells, OPEN, 1);
  }

  /** A WebSocket no longer counts. Once for each that was {@link upgraded}. */
  left(): void {
    Atomics.sub(this.#cells, OPEN, 1);
  }
}
