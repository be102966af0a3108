/** The reasoning port's implementation: calls on one side, the reasoning thread on the other. */
import { Worker } from 'node:worker_threads';
import type { ReplyError } from '../memory/port.js';
import { type FromReasoning, TAKEN_AT_ONCE, type ToReasoning, type ToReasoningBatch } from './messages.js';
import type { ReasoningPort, ReasoningSink } from './port.js';

export interface ThreadedReasoning extends ReasoningPort {
  /** Changes the pace of the embedded engine, of answers under way too. */
  setChunkDelayMs(chunkDelayMs: number): void;
}

export interface ThreadedReasoningOptions {
  /** Between two words of an answer; 0: as fast as it can. */
  readonly chunkDelayMs: number;
  /** What a call ends with where the thread has died. */
  readonly failure: ReplyError;
  /** The thread has died. Its calls have ended with `failure`; the next call starts another. */
  readonly onFailure: (error: Error) => void;
}

const NO_USAGE = { input: 0, output: 0, estimated: true };

/** Starts no thread until there is something to answer. */
export const openThreadedReasoning = (options: ThreadedReasoningOptions): ThreadedReasoning => {
  const sinks = new Map<number, ReasoningSink>();
  let worker: Worker | null = null;
  let { chunkDelayMs } = options;
  let lastCallId = 0;
  let closing = false;
  /** Batches that the thread does not know yet to have been taken. */
  let taken = 0;

  /** Said at the end of the turn: waking the thread for each call would cost more than the call. */
  let outbox: ToReasoning[] = [];
  const flush = (): void => {
    const batch: ToReasoningBatch = outbox;
    outbox = [];
    if (batch.length > 0) worker?.postMessage(batch);
  };
  const post = (message: ToReasoning): void => {
    if (worker === null) return;
    outbox.push(message);
    if (outbox.length === 1) setImmediate(flush);
  };

  const take = (events: FromReasoning): void => {
    for (const [callId, chunkOrEnd] of events) {
      const sink = sinks.get(callId);
      if (sink === undefined) continue;
      if (typeof chunkOrEnd === 'string') {
        sink.onChunk(chunkOrEnd);
      } else {
        sinks.delete(callId);
        sink.onEnd(chunkOrEnd);
      }
    }
    taken += 1;
    if (taken < TAKEN_AT_ONCE) return;
    post({ kind: 'taken', batches: taken });
    taken = 0;
  };

  const failAll = (error: Error): void => {
    worker = null;
    outbox = [];
    if (closing) return;
    options.onFailure(error);
    const failed = [...sinks.values()];
    sinks.clear();
    for (const sink of failed)
      sink.onEnd({ finishReason: 'error', toolCalls: [], usage: NO_USAGE, error: options.failure });
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./worker.js', import.meta.url), { workerData: { chunkDelayMs } });
    let cause: Error | null = null;
    taken = 0;
    started.on('message', take);
    started.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on('exit', (code) => {
      if (worker === started) failAll(cause ?? new Error(`the reasoning thread ended with status ${code}`));
    });
    return started;
  };

  return {
    // A summary by the embedded engine would repeat what was said.
    summarizer: null,
    start(request, sink) {
      if (closing) throw new Error('the reasoning port is closed');
      worker ??= start();
      lastCallId += 1;
      const callId = lastCallId;
      sinks.set(callId, sink);
      post({ kind: 'start', callId, request });
      return {
        cancel: () => {
          if (sinks.delete(callId)) post({ kind: 'cancel', callId });
        },
      };
    },
    setChunkDelayMs(delayMs) {
      chunkDelayMs = delayMs;
      post({ kind: 'pace', chunkDelayMs });
    },
    async close() {
      closing = true;
      sinks.clear();
      await worker?.terminate();
    },
  };
};
