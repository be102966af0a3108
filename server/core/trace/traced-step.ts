/** One step of a model as the live trace sees it: whoever is asked, and what comes of it. */
import { ERRORS } from '../../../schemas/codes.js';
import type { Usage } from '../../backends/memory/port.js';
import type { ReasoningAttempt, ReasoningEnd, ReasoningSink } from '../../backends/reasoning/port.js';
import type { Clock } from '../time/clock.js';
import { UNKNOWN } from './describe.js';
import type { Trace, TracedRun } from './trace.js';

/** Of a body at most; a trace shows less. */
export const LOOKED_AT_CHARS = 4096;
/** What `--method` knows a reply by. */
export const OF_MODEL = 'chat.send';

/** To microseconds. */
export const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

export class TracedStep {
  readonly #trace: Trace;
  readonly #clock: Clock;
  readonly #run: TracedRun;
  readonly #step: number;
  readonly #tools: number;
  readonly #startedAtMs: number;
  #firstTokenMs: number | null = null;
  /** Who was asked last. */
  #asked: Pick<ReasoningAttempt, 'provider' | 'model'> | null = null;

  constructor(trace: Trace, clock: Clock, run: TracedRun, step: number, tools: number) {
    this.#trace = trace;
    this.#clock = clock;
    this.#run = run;
    this.#step = step;
    this.#tools = tools;
    this.#startedAtMs = clock.nowMs();
  }

  /** The same sink, and the trace hears what it hears. @param said what was said in this step so far */
  hearing(sink: ReasoningSink, said: () => string): ReasoningSink {
    return {
      onChunk: (text) => {
        this.#firstTokenMs ??= this.#clock.nowMs() - this.#startedAtMs;
        sink.onChunk(text);
      },
      onAttempt: (attempt) => this.#attempted(attempt),
      onEnd: (end) => {
        this.#ended(end, end.error?.code ?? null, said);
        sink.onEnd(end);
      },
    };
  }

  /** @param usage as it is estimated */
  cancelled(usage: Usage, said: () => string): void {
    this.#ended({ finishReason: 'cancelled', toolCalls: [], usage }, null, said);
  }

  #attempted({ state, provider, model, attempt, reason, retryMs }: ReasoningAttempt): void {
    if (state === 'asked') this.#asked = { provider, model };
    if (!this.#trace.on) return;
    this.#trace.inside(
      this.#run,
      {
        kind: state === 'asked' ? 'ASK' : 'FAIL',
        method: OF_MODEL,
        step: this.#step,
        provider,
        ...(model === null ? {} : { model }),
        ...(attempt === 0 ? {} : { attempt }),
        ...(state === 'asked' ? { tools: this.#tools } : { error: ERRORS.reasoningFailed.code }),
        ...(reason === null ? {} : { reason }),
        ...(retryMs === null ? {} : { retry_ms: Math.round(retryMs) }),
      },
      null,
    );
  }

  #ended(
    {
      finishReason,
      toolCalls,
      usage,
    }: Pick<ReasoningEnd, 'toolCalls' | 'usage'> & {
      readonly finishReason: ReasoningEnd['finishReason'] | 'cancelled';
    },
    error: number | null,
    said: () => string,
  ): void {
    if (!this.#trace.on) return;
    const { provider = UNKNOWN, model = null } = this.#asked ?? {};
    this.#trace.inside(
      this.#run,
      {
        kind: 'MODEL',
        method: OF_MODEL,
        step: this.#step,
        provider,
        ...(model === null ? {} : { model }),
        finish_reason: finishReason,
        calls: toolCalls.length,
        input_tokens: usage.input,
        output_tokens: usage.output,
        ...(this.#firstTokenMs === null ? {} : { first_token_ms: rounded(this.#firstTokenMs) }),
        duration_ms: rounded(this.#clock.nowMs() - this.#startedAtMs),
        ...(error === null ? {} : { error }),
      },
      () => {
        const calls = toolCalls.map(({ name, argumentsJson }) => ({
          name,
          arguments: parsed(argumentsJson),
        }));
        return JSON.stringify({ calls, text: said().slice(0, LOOKED_AT_CHARS) });
      },
    );
  }
}

/** Names within it are to be recognised, however they are escaped. */
const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
};
