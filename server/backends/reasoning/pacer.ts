/**
 * Hands out the words of many answers, each at the same pace: one queue in the order they fall
 * due, so one timer serves all. Time is a parameter.
 */
export interface Paced {
  /** The next word, or null after the last. */
  next(): string | null;
}

interface Due<T extends Paced> {
  readonly item: T;
  readonly dueMs: number;
}

export class Pacer<T extends Paced> {
  #queue: Due<T>[] = [];
  #delayMs: number;

  /** @param delayMs milliseconds between two words of one answer; 0: as fast as they are taken */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** The first word is due at once. */
  add(item: T, nowMs: number): void {
    this.#queue.push({ item, dueMs: nowMs });
    this.#sort();
  }

  /** A new pace, for the words that are waited for too: none is later than a delay from now. */
  changeDelay(delayMs: number, nowMs: number): void {
    this.#delayMs = delayMs;
    this.#queue = this.#queue.map(({ item, dueMs }) => ({ item, dueMs: Math.min(dueMs, nowMs + delayMs) }));
    this.#sort();
  }

  remove(item: T): void {
    this.#queue = this.#queue.filter((due) => due.item !== item);
  }

  /** When the next word falls due; null: there is none. */
  get nextDueMs(): number | null {
    return this.#queue[0]?.dueMs ?? null;
  }

  /** Takes at most `limit` words that are due, in turn, and gives each to `deliver`; a word of null is the end. */
  take(nowMs: number, limit: number, deliver: (item: T, word: string | null) => void): void {
    for (let taken = 0; taken < limit; taken += 1) {
      const due = this.#queue[0];
      if (due === undefined || due.dueMs > nowMs) return;
      this.#queue.shift();
      const word = due.item.next();
      // From when it was due, not from now: a late timer does not slow the pace down. Never a burst to catch up.
      if (word !== null) {
        const dueMs = Math.max(due.dueMs + this.#delayMs, nowMs - this.#delayMs);
        this.#queue.push({ item: due.item, dueMs });
      }
      deliver(due.item, word);
    }
  }

  #sort(): void {
    this.#queue.sort((left, right) => left.dueMs - right.dueMs);
  }
}
