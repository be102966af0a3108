/**
 * Hands out the words of many answers, each at the same pace: what is due first stands first, so
 * one timer serves all. Time is a parameter.
 */
import { Fifo } from './fifo.js';

export interface Paced {
  /** The next word, or null after the last. */
  next(): string | null;
}

interface Due<T extends Paced> {
  readonly item: T;
  dueMs: number;
}

export class Pacer<T extends Paced> {
  /** New ones, due since they came. */
  readonly #fresh = new Fifo<Due<T>>();
  /** Those that have said something. One pace for all keeps them in order. */
  #speaking = new Fifo<Due<T>>();
  /** Taken out, but still in a queue. */
  readonly #removed = new Set<T>();
  #delayMs: number;

  /** @param delayMs milliseconds between two words of one answer; 0: as fast as they are taken */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** The first word is due at once. */
  add(item: T, nowMs: number): void {
    this.#fresh.push({ item, dueMs: nowMs });
  }

  /** A new pace, for the words that are waited for too: none is later than a delay from now. */
  changeDelay(delayMs: number, nowMs: number): void {
    this.#delayMs = delayMs;
    const speaking = new Fifo<Due<T>>();
    for (let due = this.#speaking.take(); due !== undefined; due = this.#speaking.take()) {
      due.dueMs = Math.min(due.dueMs, nowMs + delayMs);
      speaking.push(due);
    }
    this.#speaking = speaking;
  }

  /** An item that is under way; nothing more of it is handed out. */
  remove(item: T): void {
    this.#removed.add(item);
  }

  /** When the next word falls due; null: there is none. */
  get nextDueMs(): number | null {
    return (this.#fresh.head ?? this.#speaking.head)?.dueMs ?? null;
  }

  /** Takes at most `limit` words that are due, in turn, and gives each to `deliver`; a word of null is the end. */
  take(nowMs: number, limit: number, deliver: (item: T, word: string | null) => void): void {
    for (let taken = 0; taken < limit; taken += 1) {
      const queue = this.#fresh.length > 0 ? this.#fresh : this.#speaking;
      const due = queue.head;
      if (due === undefined || due.dueMs > nowMs) return;
      queue.take();
      if (this.#removed.delete(due.item)) continue;
      const word = due.item.next();
      if (word !== null) {
        // From when it was due, not from now: a late timer does not slow the pace down. Never a burst to catch up.
        due.dueMs = Math.max(due.dueMs + this.#delayMs, nowMs - this.#delayMs);
        this.#speaking.push(due);
      }
      deliver(due.item, word);
    }
  }
}
