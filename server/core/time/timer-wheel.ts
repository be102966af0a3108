/**
 * A hierarchical timer wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987):
 * one structure for all deadlines of all connections. Scheduling and cancelling are O(1) and
 * allocate nothing; a tick costs what falls due in it.
 *
 * Time is a parameter: the wheel never reads a clock and owns no timer of the runtime.
 */

const SLOT_BITS = 6;
const SLOTS = 1 << SLOT_BITS;
const SLOT_MASK = SLOTS - 1;
const LEVELS = 5;
/** A later deadline waits in the outermost level and is filed again when it comes round (3.4 years at 100 ms). */
const MAX_DELTA_TICKS = 2 ** (SLOT_BITS * LEVELS) - 1;

/**
 * What a wheel keeps: a node of a doubly linked list, which stands alone or in one slot. Whatever has just one deadline
 * extends this; {@link Timer} is for what has several.
 */
export abstract class Deadline {
  next: Deadline = this;
  previous: Deadline = this;
  /** In ticks of the wheel; −1 while it is not scheduled. */
  deadlineTick = -1;

  get scheduled(): boolean {
    return this.deadlineTick !== -1;
  }

  abstract expire(nowMs: number): void;
}

/** The head of a slot's list; never scheduled itself. */
class Slot extends Deadline {
  override expire(): void {}
}

/**
 * One deadline that can be scheduled again and again. `fire` is a shared function and gets the
 * owner, so that a connection's deadlines cost no closure.
 */
export class Timer<T> extends Deadline {
  readonly #owner: T;
  readonly #fire: (owner: T, nowMs: number) => void;

  constructor(owner: T, fire: (owner: T, nowMs: number) => void) {
    super();
    this.#owner = owner;
    this.#fire = fire;
  }

  override expire(nowMs: number): void {
    this.#fire(this.#owner, nowMs);
  }
}

const unlink = (link: Deadline): void => {
  link.previous.next = link.next;
  link.next.previous = link.previous;
  link.next = link;
  link.previous = link;
};

export class TimerWheel {
  readonly #tickMs: number;
  readonly #startMs: number;
  readonly #slots: Slot[] = Array.from({ length: LEVELS * SLOTS }, () => new Slot());
  #currentTick = 0;
  #pending = 0;

  /** @param tickMs the resolution: a timer fires up to one tick after its deadline, never before it. */
  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#startMs = nowMs;
  }

  /** How many timers are scheduled. */
  get pending(): number {
    return this.#pending;
  }

  /** Schedules a timer, or moves one that is scheduled already. A deadline in the past fires at the next tick. */
  schedule(timer: Deadline, deadlineMs: number): void {
    if (timer.scheduled) unlink(timer);
    else this.#pending += 1;
    const tick = Math.ceil((deadlineMs - this.#startMs) / this.#tickMs);
    timer.deadlineTick = Math.max(tick, this.#currentTick + 1);
    this.#file(timer);
  }

  /** Harmless where the timer is not scheduled. */
  cancel(timer: Deadline): void {
    if (!timer.scheduled) return;
    unlink(timer);
    timer.deadlineTick = -1;
    this.#pending -= 1;
  }

  /** Fires everything that is due at `nowMs`, in order of ticks. Timers may schedule and cancel while they fire. */
  advance(nowMs: number): void {
    const target = Math.floor((nowMs - this.#startMs) / this.#tickMs);
    while (this.#currentTick < target) {
      this.#currentTick += 1;
      this.#cascade();
      this.#expire(nowMs);
    }
  }

  #file(timer: Deadline): void {
    const delta = Math.min(timer.deadlineTick - this.#currentTick, MAX_DELTA_TICKS);
    let level = 0;
    while (level < LEVELS - 1 && delta >= 2 ** (SLOT_BITS * (level + 1))) level += 1;
    const slot = ((this.#currentTick + delta) >>> (SLOT_BITS * level)) & SLOT_MASK;
    const head = this.#slots[level * SLOTS + slot] as Slot;
    timer.previous = head.previous;
    timer.next = head;
    head.previous.next = timer;
    head.previous = timer;
  }

  /** When an inner level has gone round, what waits in the next slot of the outer one moves inwards. */
  #cascade(): void {
    for (let level = 1; level < LEVELS; level += 1) {
      if ((this.#currentTick & (2 ** (SLOT_BITS * level) - 1)) !== 0) return;
      const slot = (this.#currentTick >>> (SLOT_BITS * level)) & SLOT_MASK;
      const head = this.#slots[level * SLOTS + slot] as Slot;
      let link: Deadline = head.next;
      head.next = head;
      head.previous = head;
      while (link !== head) {
        const next = link.next;
        this.#file(link);
        link = next;
      }
    }
  }

  #expire(nowMs: number): void {
    const head = this.#slots[this.#currentTick & SLOT_MASK] as Slot;
    while (head.next !== head) {
      const timer = head.next;
      unlink(timer);
      if (timer.deadlineTick > this.#currentTick) {
        this.#file(timer);
        continue;
      }
      timer.deadlineTick = -1;
      this.#pending -= 1;
      timer.expire(nowMs);
    }
  }
}

/** Calls `task` about every `intervalMs` for as long as the wheel turns; returns what stops it. */
export const every = (
  wheel: TimerWheel,
  clock: { nowMs(): number },
  intervalMs: number,
  task: () => void,
): (() => void) => {
  const timer: Timer<null> = new Timer(null, (_owner, nowMs) => {
    wheel.schedule(timer, nowMs + intervalMs);
    task();
  });
  wheel.schedule(timer, clock.nowMs() + intervalMs);
  return () => wheel.cancel(timer);
};
