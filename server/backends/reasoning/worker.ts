/** The reasoning thread: the embedded engine's answers, paced, in batches, never more than the gateway has room for. */
import { parentPort, workerData } from 'node:worker_threads';
import { composeAnswer, estimateUsage, words } from './embedded.js';
import {
  MAX_BATCH_EVENTS,
  MAX_BATCHES_UNDERWAY,
  type ReasoningEvent,
  type ToReasoning,
  type ToReasoningBatch,
} from './messages.js';
import { type Paced, Pacer } from './pacer.js';
import type { ReasoningEnd, ReasoningRequest } from './port.js';

class Answer implements Paced {
  readonly callId: number;
  readonly end: ReasoningEnd;
  readonly #words: Generator<string>;

  constructor(callId: number, request: ReasoningRequest) {
    const text = composeAnswer(request);
    this.callId = callId;
    this.end = { finishReason: 'stop', toolCalls: [], usage: estimateUsage(request, text), error: null };
    this.#words = words(text);
  }

  next(): string | null {
    const { done, value } = this.#words.next();
    return done === true ? null : value;
  }
}

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

const pacer = new Pacer<Answer>((workerData as { chunkDelayMs: number }).chunkDelayMs);
const answers = new Map<number, Answer>();
let underway = 0;
let immediate: NodeJS.Immediate | null = null;
let timer: NodeJS.Timeout | null = null;
let timerDueMs = 0;

/** Sees to it that the next word is delivered when it is due, also where a later one was waited for. */
const wake = (): void => {
  const dueMs = pacer.nextDueMs;
  if (immediate !== null || underway >= MAX_BATCHES_UNDERWAY || dueMs === null) return;
  if (timer !== null && timerDueMs <= dueMs) return;
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const waitMs = dueMs - performance.now();
  if (waitMs <= 0) {
    immediate = setImmediate(deliver);
    return;
  }
  timer = setTimeout(deliver, waitMs);
  timerDueMs = dueMs;
};

const deliver = (): void => {
  immediate = null;
  timer = null;
  const events: ReasoningEvent[] = [];
  pacer.take(performance.now(), MAX_BATCH_EVENTS, (answer, word) => {
    events.push([answer.callId, word ?? answer.end]);
    if (word === null) answers.delete(answer.callId);
  });
  if (events.length > 0) {
    underway += 1;
    port.postMessage(events);
  }
  wake();
};

const receive = (message: ToReasoning): void => {
  if (message.kind === 'start') {
    const answer = new Answer(message.callId, message.request);
    answers.set(message.callId, answer);
    pacer.add(answer, performance.now());
  } else if (message.kind === 'cancel') {
    const answer = answers.get(message.callId);
    answers.delete(message.callId);
    if (answer !== undefined) pacer.remove(answer);
  } else if (message.kind === 'pace') {
    pacer.changeDelay(message.chunkDelayMs, performance.now());
  } else {
    underway -= message.batches;
  }
};

port.on('message', (batch: ToReasoningBatch) => {
  for (const message of batch) receive(message);
  wake();
});
