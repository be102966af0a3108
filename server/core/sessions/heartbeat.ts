/**
 * Is the other side still there? One deadline in the wheel per session sends its pings and notices
 * what stays unanswered (protocol section 7).
 */
import { Deadline, type TimerWheel } from '../time/timer-wheel.js';

/** `[gateway] heartbeat_*`, as they are now. */
export interface HeartbeatLimits {
  intervalMs: number;
  timeoutMs: number;
  maxMissed: number;
}

/** The connection that is asked. */
export interface HeartbeatPeer {
  sendPing(seq: number): void;
  /** When the socket last took bytes that had been waiting, monotonic; below 0: never. */
  readonly lastDrainedMs: number;
  /** A scheduled ping was not answered in time. */
  heartbeatMissed(): void;
  /** The verdict: it is gone. */
  heartbeatLost(): void;
}

/** The golden ratio's fraction: multiples of it, modulo 1, spread as evenly as can be, however many there are. */
const SPREAD = 0.618_033_988_749_895;

export class Heartbeat extends Deadline {
  readonly #peer: HeartbeatPeer;
  readonly #wheel: TimerWheel;
  readonly #limits: HeartbeatLimits;
  /** Whole, as every time that is kept here: a fraction would cost each connection a box of 16 bytes. */
  #nextPingMs: number;
  /** Of the last ping. */
  #seq = 0;
  #answeredSeq = 0;
  #lastScheduledSeq = 0;
  /** When the oldest scheduled ping without an answer was sent; null where there is none. */
  #waitingSinceMs: number | null = null;
  /** Scheduled pings sent since the last answer. */
  #unanswered = 0;
  /** As the client last said; null: it never did. */
  clientLoad: number | null = null;

  /** @param ordinal of the connection: spreads the first ping over the interval */
  constructor(
    peer: HeartbeatPeer,
    wheel: TimerWheel,
    limits: HeartbeatLimits,
    ordinal: number,
    nowMs: number,
  ) {
    super();
    this.#peer = peer;
    this.#wheel = wheel;
    this.#limits = limits;
    this.#nextPingMs = Math.ceil(nowMs + (((ordinal + 1) * SPREAD) % 1) * limits.intervalMs);
    wheel.schedule(this, this.#nextPingMs);
  }

  /** The last scheduled ping was answered, or there has been none yet. */
  get ok(): boolean {
    return this.#answeredSeq >= this.#lastScheduledSeq;
  }

  /** Of the last ping. */
  get sentSeq(): number {
    return this.#seq;
  }

  stop(): void {
    this.#wheel.cancel(this);
  }

  /** A pong acknowledges its seq and all before it. How many pings it has news of; 0 for a seq that was never sent, too. */
  answered(seq: number, clientLoad: number | null): number {
    if (seq > this.#seq || seq <= this.#answeredSeq) return 0;
    const answered = seq - this.#answeredSeq;
    this.#answeredSeq = seq;
    if (clientLoad !== null) this.clientLoad = clientLoad;
    // Whoever answers at all is there: what is still under way to him is counted anew.
    this.#unanswered = 0;
    this.#waitingSinceMs = null;
    return answered;
  }

  /** A ping is due, or the wait for an answer is over. */
  override expire(nowMs: number): void {
    const { maxMissed, timeoutMs, intervalMs } = this.#limits;
    this.#forgiveWhoDrains();
    const waitedMs = this.#waitingSinceMs === null ? 0 : nowMs - this.#waitingSinceMs;
    const pingDue = nowMs >= this.#nextPingMs;
    const isLost = (pingDue && this.#unanswered >= maxMissed) || waitedMs >= timeoutMs;
    if (this.#unanswered > 0 && (pingDue || isLost)) this.#peer.heartbeatMissed();
    if (isLost) {
      this.#peer.heartbeatLost();
      return;
    }
    if (pingDue) {
      // Downwards, and what drains is rounded upwards: a drain behind the ping is never taken for one before it.
      this.#waitingSinceMs ??= Math.floor(nowMs);
      this.#unanswered += 1;
      this.#nextPingMs = Math.ceil(nowMs + intervalMs);
      this.ping();
      this.#lastScheduledSeq = this.#seq;
    }
    const lostAtMs =
      this.#waitingSinceMs === null ? Number.POSITIVE_INFINITY : this.#waitingSinceMs + timeoutMs;
    this.#wheel.schedule(this, Math.min(this.#nextPingMs, lostAtMs));
  }

  /** Sends a ping at once. One that was not scheduled is not counted as missed. */
  ping(): void {
    this.#seq += 1;
    this.#peer.sendPing(this.#seq);
  }

  /** A connection that is draining bytes is alive, whatever it has not come to answer yet. */
  #forgiveWhoDrains(): void {
    const drainedMs = this.#peer.lastDrainedMs;
    if (this.#waitingSinceMs === null || drainedMs <= this.#waitingSinceMs) return;
    this.#waitingSinceMs = drainedMs;
    this.#unanswered = 0;
  }
}
