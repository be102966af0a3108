/**
 * Pings of one client (RFC 6455 section 5.5.2). The library answers them by itself, before it says so, and bounds neither how
 * many come nor how many answers wait for a client that does not read: no rate limit and no backlog of ours sees them.
 */
import type { CloseName } from '../../schemas/codes.js';

/** A thousand a second keep no connection alive that one would not. */
const MAX_PINGS_PER_SECOND = 1000;
/** Hundreds of answers that nobody has read; a client that reads has none. */
const MAX_UNSENT_PONG_BYTES = 64 * 1024;
/** Of a frame with at most 125 bytes in it. */
const FRAME_HEAD_BYTES = 2;

export class PingWatch {
  #inSecond = 0;
  #secondEndsMs = 0;
  #unsentPongBytes = 0;

  /**
   * Judges a ping that has been answered. Null where the connection may stay.
   *
   * @param unsentBytes what waits for the client, of whatever kind
   * @param nowMs monotonic
   */
  take(payloadBytes: number, unsentBytes: number, nowMs: number): CloseName | null {
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + 1000;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (unsentBytes === 0) this.#unsentPongBytes = 0;
    else this.#unsentPongBytes += FRAME_HEAD_BYTES + payloadBytes;
    if (this.#unsentPongBytes > MAX_UNSENT_PONG_BYTES) return 'tryAgainLater';
    return this.#inSecond > MAX_PINGS_PER_SECOND ? 'rateLimited' : null;
  }
}
