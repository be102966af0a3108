/**
 * Events of a channel that belong to no reply: no reply's end will have its log forget them. They are kept as long as
 * a reply is, so that a slow reader still gets them, in memory that is bounded.
 */
import type { Channel } from '../channels/channel.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Pump } from '../streams/pump.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';

const MAX_BYTES = 16 * 1024 * 1024;

interface Kept {
  readonly channel: Channel;
  readonly position: number;
  readonly untilMs: number;
  readonly bytes: number;
}

export interface StrayEventsOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
  readonly keepMs: number;
}

export class StrayEvents {
  readonly #options: StrayEventsOptions;
  /** Oldest first. */
  readonly #kept: Kept[] = [];
  #bytes = 0;
  readonly #timer = new Timer<StrayEvents>(this, (events, nowMs) => events.#expire(nowMs));

  constructor(options: StrayEventsOptions) {
    this.#options = options;
  }

  /** Tells the followers of a channel that may see skills. */
  tell(channel: Channel, frame: string): void {
    const { clock, wheel, pump, keepMs } = this.#options;
    const { log } = channel;
    const position = log.end;
    log.appendFrame(frame, SCOPE_BIT.skills, null, null);
    pump.logGrew(log);
    const untilMs = clock.nowMs() + keepMs;
    const bytes = 2 * frame.length;
    this.#kept.push({ channel, position, untilMs, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES && this.#kept.length > 1) this.#forgetOldest();
    if (!this.#timer.scheduled) wheel.schedule(this.#timer, untilMs);
  }

  #expire(nowMs: number): void {
    while (this.#kept[0] !== undefined && this.#kept[0].untilMs <= nowMs) this.#forgetOldest();
    const [oldest] = this.#kept;
    if (oldest !== undefined) this.#options.wheel.schedule(this.#timer, oldest.untilMs);
  }

  #forgetOldest(): void {
    const oldest = this.#kept.shift();
    if (oldest === undefined) return;
    const { channel, position, bytes } = oldest;
    this.#bytes -= bytes;
    channel.log.forgetBefore(Math.min(position + 1, channel.firstNeededPosition));
  }
}
