/** One call of a model: whoever of the providers is to be asked, until one has spoken or nobody is left. */
import { setTimeout as delay } from 'node:timers/promises';
import { Attempts } from './attempts.js';
import type { Admission } from './breaker.js';
import type { Conversation } from './conversation.js';
import type { Delivery } from './delivery.js';
import { inputTokensOf } from './estimate.js';
import { failureOf, type ProviderFailure, saidNothing, tooLate } from './failure.js';
import type { KnownProvider } from './known-provider.js';
import type { Blame, CallEnd } from './messages.js';
import type { ReasoningAttempt } from './port.js';
import type { Listener, Provider, Said } from './provider.js';
import type { ReasoningSettings } from './settings.js';
import { Silence } from './silence.js';
import { MAX_PIECE_UNITS, piecesOf, WholeCharacters } from './whole-characters.js';

/** A reply that does not end by itself is ended here. */
const MAX_REPLY_UNITS = 8 * 1024 * 1024;
/** Each costs the gateway more than its letters. */
const MAX_REPLY_PIECES = 500_000;

type Times = Pick<ReasoningSettings, 'firstTokenTimeoutMs' | 'timeoutMs'>;

export interface ModelCallOptions {
  readonly providers: readonly KnownProvider[];
  readonly times: Times;
  readonly delivery: Delivery;
  /** Who is asked is delivered, too. */
  readonly watched: boolean;
}

export class ModelCall {
  readonly #callId: number;
  readonly #conversation: Conversation;
  readonly #providers: readonly KnownProvider[];
  readonly #times: Times;
  readonly #delivery: Delivery;
  readonly #watched: boolean;
  readonly #cancelled = new AbortController();
  #saidUnits = 0;
  #saidPieces = 0;
  #saidBytes = 0;

  constructor(
    callId: number,
    conversation: Conversation,
    { providers, times, delivery, watched }: ModelCallOptions,
  ) {
    this.#callId = callId;
    this.#conversation = conversation;
    this.#providers = providers;
    this.#times = times;
    this.#delivery = delivery;
    this.#watched = watched;
  }

  /** Closes the connection to the provider; nothing more is heard of it. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /** Never rejects; resolves when nothing of it is left. */
  async run(): Promise<void> {
    const end = await this.#answer();
    if (end !== null && !this.#cancelled.signal.aborted) this.#delivery.push(this.#callId, end);
  }

  /** Null: it was cancelled. */
  async #answer(): Promise<CallEnd | null> {
    const attempts = new Attempts(this.#providers.map(({ breaker }) => breaker));
    let provider: string = this.#providers[0]?.settings.kind ?? '';
    let retryable = false;
    let asked = 0;
    let behind = 0;
    for (
      let turn = attempts.next(performance.now());
      turn !== null;
      turn = attempts.next(performance.now())
    ) {
      const known = this.#providers[turn.at] as KnownProvider;
      asked += 1;
      this.#passed(behind, turn.at);
      behind = turn.at + 1;
      const outcome = await this.#ask(known, turn.admission, attempts);
      if (outcome === null) return null;
      if (!(outcome instanceof Error)) return this.#endWith(outcome);
      retryable ||= outcome.transient;
      provider = known.settings.kind;
      if (this.#saidUnits > 0) break;
    }
    if (this.#saidUnits === 0) this.#passed(behind, this.#providers.length);
    // Those whose breakers are open will work again some day.
    return this.#endWithout({ provider, retryable: retryable || asked < this.#providers.length });
  }

  /** One provider, as often as that may help. Null: cancelled. */
  async #ask(
    known: KnownProvider,
    admission: Admission,
    attempts: Attempts,
  ): Promise<Said | ProviderFailure | null> {
    for (let attempt = 1; ; attempt += 1) {
      this.#tell(known, { state: 'asked', attempt, reason: null, retryMs: null });
      const outcome = await this.#once(known);
      const isCancelled = this.#cancelled.signal.aborted;
      this.#delivery.push(this.#callId, {
        section: known.settings.section,
        outcome: isCancelled ? 'cancelled' : outcome instanceof Error ? outcome.outcome : 'ok',
      });
      if (isCancelled) return this.#leave(known, admission);
      if (!(outcome instanceof Error)) {
        known.worked();
        return outcome;
      }
      const pauseMs = this.#saidUnits > 0 ? null : attempts.pauseAfter(outcome, Math.random());
      this.#tell(known, { state: 'failed', attempt, reason: outcome.message, retryMs: pauseMs });
      if (pauseMs === null) {
        const { turns, steps } = this.#conversation;
        known.failed(outcome, { turns, steps }, admission, performance.now());
        return outcome;
      }
      // Cut short when it is cancelled.
      await delay(pauseMs, undefined, { signal: this.#cancelled.signal }).catch(() => {});
      if (this.#cancelled.signal.aborted) return this.#leave(known, admission);
    }
  }

  /** Those from `from` on, before `to`, are not asked. */
  #passed(from: number, to: number): void {
    const reason = 'is not asked for a while, it has failed too often';
    for (const known of this.#providers.slice(from, to)) {
      this.#tell(known, { state: 'passed', attempt: 0, reason, retryMs: null });
    }
  }

  #tell(
    { settings: { kind, model } }: KnownProvider,
    what: Omit<ReasoningAttempt, 'provider' | 'model'>,
  ): void {
    if (this.#watched) this.#delivery.push(this.#callId, { ...what, provider: kind, model });
  }

  /** It was cancelled, and has said nothing of the provider. */
  #leave(known: KnownProvider, admission: Admission): null {
    known.breaker.leave(admission);
    return null;
  }

  /** One request. Never rejects. */
  async #once(known: KnownProvider): Promise<Said | ProviderFailure> {
    const provider = await known.open().catch((error: unknown) => failureOf(error, Date.now()));
    return provider instanceof Error ? provider : this.#stream(provider);
  }

  async #stream(provider: Provider): Promise<Said | ProviderFailure> {
    const { firstTokenTimeoutMs, timeoutMs } = this.#times;
    const stop = new AbortController();
    const onCancel = (): void => stop.abort();
    this.#cancelled.signal.addEventListener('abort', onCancel);
    if (this.#cancelled.signal.aborted) stop.abort();
    let silent: ProviderFailure | null = null;
    let isTooLong = false;
    let isOver = false;
    const silence = new Silence({
      firstMs: firstTokenTimeoutMs,
      betweenMs: timeoutMs,
      onSilent: (begun) => {
        if (!isOver) silent = tooLate(begun ? timeoutMs : firstTokenTimeoutMs, begun);
        stop.abort();
      },
    });
    const characters = new WholeCharacters();
    const give = (text: string): void => {
      if (text === '' || stop.signal.aborted) return;
      this.#saidUnits += text.length;
      this.#saidPieces += 1;
      this.#saidBytes += Buffer.byteLength(text);
      if (text.length <= MAX_PIECE_UNITS) this.#delivery.push(this.#callId, text);
      else for (const piece of piecesOf(text)) this.#delivery.push(this.#callId, piece);
      if (this.#saidUnits < MAX_REPLY_UNITS && this.#saidPieces < MAX_REPLY_PIECES) return;
      isTooLong = true;
      stop.abort();
    };
    const listener: Listener = {
      text: (piece) => {
        silence.heard();
        give(characters.add(piece));
        const room = this.#delivery.room();
        if (room === null) return null;
        silence.hold();
        return room.then(() => silence.goOn());
      },
      alive: () => silence.heard(),
      over: () => {
        isOver = true;
        silence.over();
      },
    };
    try {
      const said = await provider.stream(this.#conversation, listener, stop.signal);
      if (isTooLong) return { ...said, finishReason: 'length', toolCalls: [] };
      if (silent !== null) return silent;
      give(characters.end());
      return this.#saidUnits === 0 && said.toolCalls.length === 0 && said.finishReason === 'stop'
        ? saidNothing()
        : said;
    } catch (error) {
      if (isTooLong) return { finishReason: 'length', toolCalls: [], inputTokens: null, outputTokens: null };
      return silent ?? failureOf(error, Date.now());
    } finally {
      silence.end();
      this.#cancelled.signal.removeEventListener('abort', onCancel);
      // Ends a connection whose answer was not read to its end.
      stop.abort();
    }
  }

  #endWith({ finishReason, toolCalls, inputTokens, outputTokens }: Said): CallEnd {
    const calls = toolCalls.reduce((sum, { argumentsJson }) => sum + argumentsJson.length, 0);
    const saidBytes = this.#saidBytes + calls;
    // Servers that do not count say 0.
    const input = inputTokens === 0 ? null : inputTokens;
    const output = outputTokens === 0 && saidBytes > 0 ? null : outputTokens;
    const usage = {
      input: input ?? inputTokensOf(this.#conversation),
      output: output ?? Math.ceil(saidBytes / 4),
    };
    const isCounted = input !== null && output !== null;
    return {
      finishReason,
      toolCalls,
      usage: isCounted ? usage : { ...usage, estimated: true },
      error: null,
    };
  }

  #endWithout(error: Blame): CallEnd {
    const isHeard = this.#saidUnits > 0;
    const input = isHeard ? inputTokensOf(this.#conversation) : 0;
    const output = Math.ceil(this.#saidBytes / 4);
    return { finishReason: 'error', toolCalls: [], usage: { input, output, estimated: true }, error };
  }
}
