/** The reasoning port's implementation: calls on one side, the reasoning thread on the other. */
import { Worker } from 'node:worker_threads';
import type { ReplyError } from '../memory/port.js';
import {
  type CallEnd,
  type FromReasoning,
  isBatch,
  type ProviderCall,
  type ProviderNews,
  type ReasoningBatch,
  type ReasoningEvent,
  TAKEN_AT_ONCE,
  type ToReasoning,
  type ToReasoningBatch,
} from './messages.js';
import type { ReasoningEnd, ReasoningPort, ReasoningSink, SummaryRequest } from './port.js';
import type { ReasoningSettings } from './settings.js';

export interface ThreadedReasoning extends ReasoningPort {
  /** For calls to come; those under way go on with what they began with, but for the embedded engine's pace. */
  configure(settings: ReasoningSettings): void;
}

export interface ThreadedReasoningOptions {
  readonly settings: ReasoningSettings;
  /** The protocol's words for a call that has failed. */
  readonly failure: (provider: string, retryable: boolean) => ReplyError;
  /** The thread has died. Its calls have ended with a failure; the next call starts another. */
  readonly onFailure: (error: Error) => void;
  /** A provider has failed, or works again. */
  readonly onNews: (news: ProviderNews) => void;
  /** A request to a provider has ended, each try by itself. */
  readonly onProviderCall?: (call: ProviderCall) => void;
}

const ASKED_EMBEDDED = {
  state: 'asked',
  provider: 'embedded',
  model: null,
  attempt: 1,
  reason: null,
  retryMs: null,
} as const;
const NO_USAGE = { input: 0, output: 0, estimated: true };

/** Starts no thread for the embedded engine until there is something to answer. */
export const openThreadedReasoning = (options: ThreadedReasoningOptions): ThreadedReasoning => {
  const sinks = new Map<number, ReasoningSink>();
  let worker: Worker | null = null;
  let { settings } = options;
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

  /** Sections whose provider is down, as far as was told. */
  const down = new Set<string>();
  const hear = (news: ProviderNews): void => {
    if (news.state === 'down') down.add(news.section);
    else if (news.state !== 'failed' && !down.delete(news.section)) return;
    options.onNews(news);
  };

  const endOf = ({ error, ...end }: CallEnd): ReasoningEnd => ({
    ...end,
    error: error === null ? null : options.failure(error.provider, error.retryable),
  });

  const receive = (what: FromReasoning): void => {
    if (isBatch(what)) take(what);
    else hear(what);
  };

  const take = ({ callIds, events }: ReasoningBatch): void => {
    for (let at = 0; at < events.length; at += 1) {
      const callId = callIds[at] as number;
      const event = events[at] as ReasoningEvent;
      if (typeof event === 'object' && 'outcome' in event) {
        // Whatever becomes of the call.
        options.onProviderCall?.(event);
        continue;
      }
      const sink = sinks.get(callId);
      if (sink === undefined) continue;
      if (typeof event === 'string') {
        sink.onChunk(event);
      } else if ('attempt' in event) {
        sink.onAttempt?.(event);
      } else {
        sinks.delete(callId);
        sink.onEnd(endOf(event));
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
    const blame = { provider: settings.providers[0]?.kind ?? 'embedded', retryable: true };
    for (const sink of failed)
      sink.onEnd(endOf({ finishReason: 'error', toolCalls: [], usage: NO_USAGE, error: blame }));
    // Another thread knows nothing of what this one has told.
    for (const section of down) {
      const sentence = `The provider of [${section}] is asked anew, for the reasoning thread had to be started anew.`;
      hear({ section, state: 'replaced', sentence, detail: null });
    }
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: settings,
      // The SDKs would take keys, addresses and headers out of it.
      env: {},
      // And what they print may be what a provider said.
      stdout: true,
      stderr: true,
    });
    started.stdout.resume();
    started.stderr.resume();
    let cause: Error | null = null;
    taken = 0;
    started.on('message', receive);
    started.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on('exit', (code) => {
      if (worker === started) failAll(cause ?? new Error(`the reasoning thread ended with status ${code}`));
    });
    return started;
  };

  const begin = (
    sink: ReasoningSink,
    messageOf: (callId: number) => ToReasoning,
  ): { readonly cancel: () => void } => {
    if (closing) throw new Error('the reasoning port is closed');
    worker ??= start();
    lastCallId += 1;
    const callId = lastCallId;
    sinks.set(callId, sink);
    post(messageOf(callId));
    return {
      cancel: () => {
        if (sinks.delete(callId)) post({ kind: 'cancel', callId });
      },
    };
  };

  const summarize = (request: SummaryRequest, signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const call = begin(
        {
          onChunk: (piece) => {
            text += piece;
          },
          onEnd: ({ finishReason }) => {
            if (finishReason !== 'error' && text.trim() !== '') resolve(text);
            else reject(new Error('the provider wrote no summary'));
          },
        },
        (callId) => ({ kind: 'summarize', callId, request }),
      );
      const giveUp = (): void => {
        call.cancel();
        reject(new Error('nobody waits for the summary any more'));
      };
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    });
  const summarizer = { summarize };

  if (settings.providers.length > 0) worker = start();
  return {
    // A summary by the embedded engine would repeat what was said.
    get summarizer() {
      return settings.providers.length === 0 ? null : summarizer;
    },
    start(request, sink) {
      const watched = sink.onAttempt !== undefined;
      if (settings.providers.length === 0) sink.onAttempt?.(ASKED_EMBEDDED);
      return begin(sink, (callId) => ({ kind: 'start', callId, request, watched }));
    },
    configure(next) {
      settings = next;
      post({ kind: 'configure', settings });
      if (next.providers.length > 0 && !closing) worker ??= start();
    },
    async close() {
      closing = true;
      sinks.clear();
      await worker?.terminate();
    },
  };
};
