/**
 * Replies that have ended stay resumable for a while (protocol section 5), in memory that is
 * bounded: past the bound the oldest are forgotten early, and their text comes from the store.
 */
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Run } from './run.js';

/** What an entry of a log costs beside its text, about. */
const ENTRY_BYTES = 500;

interface Kept {
  readonly run: Run;
  readonly untilMs: number;
  readonly bytes: number;
}

export interface RetentionOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly windowMs: number;
  /** For all replies of the gateway that have ended. */
  readonly maxBytes: number;
  readonly onForgotten: (run: Run) => void;
}

export class Retention {
  readonly #options: RetentionOptions;
  /** In the order they ended, so that one timer serves all. */
  #kept: Kept[] = [];
  /** Index of the oldest one; the array is cut now and then. */
  #oldest = 0;
  #bytes = 0;
  readonly #timer = new Timer<Retention>(this, (retention, nowMs) => retention.#expire(nowMs));

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  keep(run: Run): void {
    const { clock, wheel, windowMs, maxBytes } = this.#options;
    const untilMs = clock.nowMs() + windowMs;
    const { chunks, frameBytes } = run.stream;
    let bytes = frameBytes + run.messageBytes + (chunks.length + 2) * ENTRY_BYTES;
    for (const { bufferBytes } of chunks) bytes += bufferBytes;
    run.channel.kept.add(run);
    this.#kept.push({ run, untilMs, bytes });
    this.#bytes += bytes;
    while (this.#bytes > maxBytes && this.#kept.length - this.#oldest > 1) this.#forgetOldest();
    if (!this.#timer.scheduled) wheel.schedule(this.#timer, untilMs);
  }

  #expire(nowMs: number): void {
    let oldest = this.#kept[this.#oldest];
    while (oldest !== undefined && oldest.untilMs <= nowMs) {
      this.#forgetOldest();
      oldest = this.#kept[this.#oldest];
    }
    if (oldest !== undefined) this.#options.wheel.schedule(this.#timer, oldest.untilMs);
  }

  #forgetOldest(): void {
    const { run, bytes } = this.#kept[this.#oldest] as Kept;
    this.#oldest += 1;
    if (this.#oldest >= 1024 || this.#oldest === this.#kept.length) {
      this.#kept.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    this.#bytes -= bytes;
    const { channel } = run;
    channel.kept.delete(run);
    channel.log.forgetBefore(channel.firstNeededPosition);
    this.#options.onForgotten(run);
  }
}
