/**
 * Ends of replies that the store could not take: kept here, in bounds, and stored as soon as it works
 * again. Whoever follows such a reply has been told its end; only its history lags behind.
 */
import type { MemoryPort, ReplyEnd, ReplyRef } from '../../backends/memory/port.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';

const RETRY_MS = 1000;
/** What is kept besides the text and the skills. */
const END_CHARS = 500;

const charsOf = ({ text, skills }: ReplyEnd): number =>
  text.length + (skills === null ? 0 : JSON.stringify(skills).length) + END_CHARS;

interface LateEnd {
  readonly reply: ReplyRef;
  readonly end: ReplyEnd;
  readonly chars: number;
}

export interface LateEndsOptions {
  readonly memory: MemoryPort;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** Of all texts together, and of what skills have left. */
  readonly maxChars: number;
  readonly onFault: (what: string, error: unknown) => void;
}

export class LateEnds {
  readonly #options: LateEndsOptions;
  /** Oldest first. */
  readonly #ends: LateEnd[] = [];
  #chars = 0;
  #storing: Promise<void> | null = null;
  readonly #timer = new Timer<LateEnds>(this, (owner) => void owner.store());

  constructor(options: LateEndsOptions) {
    this.#options = options;
  }

  /** An end that the store refused with `error`. Beyond the bound it is given up: the next start closes the reply as interrupted. */
  add(reply: ReplyRef, end: ReplyEnd, error: unknown): void {
    const { maxChars, onFault } = this.#options;
    const chars = charsOf(end);
    if (this.#chars + chars > maxChars) {
      onFault('the end of a reply is lost, too many wait to be stored', error);
      return;
    }
    onFault('the end of a reply waits to be stored', error);
    this.#chars += chars;
    this.#ends.push({ reply, end, chars });
    this.#retryLater();
  }

  /** Stores what waits, as far as the store takes it. Never rejects. */
  store(): Promise<void> {
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = null;
    });
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    for (let next = this.#ends[0]; next !== undefined; next = this.#ends[0]) {
      try {
        await this.#options.memory.finishReply(next.reply, next.end);
      } catch {
        // What the first refusal said holds until one is taken.
        this.#retryLater();
        return;
      }
      this.#ends.shift();
      this.#chars -= next.chars;
    }
  }

  #retryLater(): void {
    const { wheel, clock } = this.#options;
    if (!this.#timer.scheduled) wheel.schedule(this.#timer, clock.nowMs() + RETRY_MS);
  }
}
