/** The embedded engine's answers under way, paced, each word when it is due and there is room. */
import type { Delivery } from './delivery.js';
import { composeAnswer, estimateUsage, Words } from './embedded.js';
import { type CallEnd, MAX_BATCH_EVENTS, type ReasoningEvent } from './messages.js';
import { type Paced, Pacer } from './pacer.js';
import type { ReasoningRequest } from './port.js';

class Answer implements Paced {
  readonly callId: number;
  readonly end: CallEnd;
  readonly #words: Words;

  constructor(callId: number, request: ReasoningRequest) {
    const text = composeAnswer(request);
    this.callId = callId;
    this.end = { finishReason: 'stop', toolCalls: [], usage: estimateUsage(request, text), error: null };
    this.#words = new Words(text);
  }

  next(): string | null {
    return this.#words.next();
  }
}

export class EmbeddedAnswers {
  readonly #delivery: Delivery;
  readonly #pacer: Pacer<Answer>;
  readonly #answers = new Map<number, Answer>();
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #timerDueMs = 0;

  constructor(delivery: Delivery, chunkDelayMs: number) {
    this.#delivery = delivery;
    this.#pacer = new Pacer<Answer>(chunkDelayMs);
  }

  start(callId: number, request: ReasoningRequest): void {
    const answer = new Answer(callId, request);
    this.#answers.set(callId, answer);
    this.#pacer.add(answer, performance.now());
  }

  cancel(callId: number): void {
    const answer = this.#answers.get(callId);
    this.#answers.delete(callId);
    if (answer !== undefined) this.#pacer.remove(answer);
  }

  setChunkDelayMs(chunkDelayMs: number): void {
    this.#pacer.changeDelay(chunkDelayMs, performance.now());
  }

  /** Sees to it that the next word is delivered when it is due, also where a later one was waited for. */
  wake(): void {
    const dueMs = this.#pacer.nextDueMs;
    if (this.#immediate !== null || dueMs === null || !this.#delivery.hasRoom) return;
    if (this.#timer !== null && this.#timerDueMs <= dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waitMs = dueMs - performance.now();
    if (waitMs <= 0) {
      this.#immediate = setImmediate(this.#deliver);
      return;
    }
    this.#timer = setTimeout(this.#deliver, waitMs);
    this.#timerDueMs = dueMs;
  }

  readonly #deliver = (): void => {
    this.#immediate = null;
    this.#timer = null;
    const callIds: number[] = [];
    const events: ReasoningEvent[] = [];
    this.#pacer.take(performance.now(), MAX_BATCH_EVENTS, (answer, word) => {
      callIds.push(answer.callId);
      events.push(word ?? answer.end);
      if (word === null) this.#answers.delete(answer.callId);
    });
    if (events.length > 0) this.#delivery.send({ callIds, events });
    this.wake();
  };
}
