/**
 * The life of replies: one at a time in each channel, in the order of their messages, each
 * recalled, reasoned about, streamed into the channel's log and stored as it grows.
 */
import type { GatewayMetrics } from '../../../metrics/metrics.js';
import type { FinishReason } from '../../../schemas/define.js';
import type { MemoryPort, ReplyError } from '../../backends/memory/port.js';
import type { Channel } from '../channels/channel.js';
import type { Principal } from '../channels/principal.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import { isFollowed } from '../streams/cursor.js';
import type { Pump } from '../streams/pump.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { RunTrace } from '../trace/run-trace.js';
import type { Agent, AgentEnd, AgentSink } from './agent.js';
import { completionFrame, estimateUsage } from './completion.js';
import { Growth } from './growth.js';
import { LateEnds } from './late-ends.js';
import { type PlaceLimits, Places } from './places.js';
import type { Retention } from './retention.js';
import type { Run, RunEnd } from './run.js';

/** Text of replies that have ended while the store failed. */
const MAX_LATE_CHARS = 32 * 1024 * 1024;

export interface RunsOptions {
  readonly memory: MemoryPort;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
  readonly retention: Retention;
  readonly trace: RunTrace;
  /** `chat.detached_timeout` and `memory.recall_tokens`, as they are now. */
  readonly limits: { detachedTimeoutMs: number; recallTokens: number };
  /** Replies at a time, as they are now; see {@link Runs.limitsChanged}. */
  readonly places: Readonly<PlaceLimits>;
  readonly metrics: Pick<GatewayMetrics, 'streamsEnded' | 'timeToFirstToken' | 'tokens'>;
  /** A reply was stored whole, as the newest of its channel or not. Must not throw. */
  readonly onStored: (channel: Channel, seq: number) => void;
  /** Something failed that no client is told about. */
  readonly onFault: (what: string, error: unknown, run?: Run) => void;
  /** A reply has ended, whether it could be stored or not. */
  readonly onEnded: (run: Run, finishReason: FinishReason, durationMs: number) => void;
  /** A reply was ended by a failure; null: not a provider's. */
  readonly onFailed: (run: Run, error: ReplyError | null) => void;
}

export class Runs {
  readonly #options: RunsOptions;
  /** Runs that are queued, streaming or ending. */
  readonly #open = new Set<Run>();
  readonly #growth: Growth;
  readonly #late: LateEnds;
  readonly #places: Places<Principal, Channel>;
  #endWaiters: (() => void)[] = [];
  #stopped = false;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#growth = new Growth(options);
    this.#late = new LateEnds({ ...options, maxChars: MAX_LATE_CHARS });
    this.#places = new Places(options.places);
  }

  /** Replies that have not ended. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Replies that are being written. */
  get activeCount(): number {
    return this.#places.taken;
  }

  /** Takes a message whose place in the store is certain, and which counts among its principal's unanswered ones. */
  enqueue(run: Run): void {
    // The store closes it as interrupted when it is opened next.
    if (this.#stopped) return;
    const { channel } = run;
    channel.principal.runs.set(run.messageId, run);
    channel.lastActivityMs = this.#options.clock.nowMs();
    this.#open.add(run);
    channel.queue.push(run);
    this.#startNext(channel);
  }

  /** True where this call ended the run; its `chat.complete` follows. */
  cancel(run: Run): boolean {
    return this.#cut(run, { finishReason: 'cancelled', usage: null, error: null });
  }

  /** Cancels everything in a channel; resolves once the last completion stands in its log. */
  async cancelAll(channel: Channel): Promise<void> {
    for (const run of [...channel.openRuns()].reverse()) this.cancel(run);
    while (channel.openRuns().next().done !== true) await this.#nextEnd();
  }

  /** Ends every open reply as cut and takes no more, for a shutdown that waits no longer; resolves once all are stored. */
  async interruptAll(): Promise<void> {
    this.#stopped = true;
    for (const run of [...this.#open])
      this.#cut(run, { finishReason: 'interrupted', usage: null, error: null });
    await this.idle();
  }

  /** Resolves once no reply is open. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await this.#nextEnd();
  }

  /** One more try at what the store could not take, before it is closed. Never rejects. */
  storeLate(): Promise<void> {
    return this.#late.store();
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => this.#endWaiters.push(resolve));
  }

  /** A session follows, or no longer follows, what happens in a channel. */
  followersChanged(channel: Channel): void {
    const run = channel.running;
    if (run === null || run.state !== 'streaming') return;
    const { wheel, clock, limits } = this.#options;
    run.detachedTimer ??= new Timer<Run>(run, (owner) => this.cancel(owner));
    if (isFollowed(channel.log, run.stream)) wheel.cancel(run.detachedTimer);
    else if (!run.detachedTimer.scheduled) {
      wheel.schedule(run.detachedTimer, clock.nowMs() + limits.detachedTimeoutMs);
    }
  }

  /** There may be more places than before. */
  limitsChanged(): void {
    this.#places.limitsChanged();
    this.#startWaiting();
  }

  /** Channels that have waited for a place, as far as there are some. */
  #startWaiting(): void {
    for (let next = this.#places.next(); next !== null; next = this.#places.next()) this.#start(next);
  }

  #startNext(channel: Channel): void {
    if (channel.running !== null || channel.queue.length === 0) return;
    if (this.#places.take(channel.principal, channel)) this.#start(channel);
  }

  /** A channel that has a place, and something to say. */
  #start(channel: Channel): void {
    const run = channel.queue.shift() as Run;
    channel.running = run;
    channel.log.begin(run.stream);
    run.state = 'streaming';
    run.startedAtMs = this.#options.clock.nowMs();
    this.followersChanged(channel);
    void this.#answer(run);
  }

  /** Recall, then reason. Never rejects. */
  async #answer(run: Run): Promise<void> {
    const { memory, agent, limits, trace, onFault } = this.#options;
    const { principal, id } = run.channel;
    const ask = { query: run.message, beforeSeq: run.seq, maxTokens: limits.recallTokens };
    const span = run.origin.span.child('memory.recall');
    const recalled = await memory.recall(principal.name, id, ask).catch((error: unknown) => {
      // Without its memory a reply is poorer, not impossible.
      onFault('recall', error, run);
      return null;
    });
    span.end({ 'openclaw.recalled_turns': recalled?.length ?? 0 }, recalled === null);
    if (trace.on) trace.recalled(run, recalled, ask.maxTokens === 0, run.startedAtMs);
    if (run.state !== 'streaming') return;
    run.call = agent.start(run, recalled ?? [], this.#agentSink);
  }

  /** One for all: what every chunk passes should be in few places. */
  readonly #agentSink: AgentSink = {
    onChunk: (run, text) => this.#chunk(run, text),
    onSkills: (run) => {
      run.skillsUnstored = true;
      this.#growth.grew(run);
    },
    onEnd: (run, end) => this.#reasoned(run, end),
  };

  #chunk(run: Run, text: string): void {
    if (run.state !== 'streaming') return;
    const { clock, metrics } = this.#options;
    if (run.stream.nextIndex === 0) {
      metrics.timeToFirstToken.observe((clock.nowMs() - run.startedAtMs) / 1000);
    }
    run.channel.log.appendChunk(run.stream, text);
    this.#options.pump.logGrew(run.channel.log);
    this.#growth.grew(run);
  }

  #reasoned(run: Run, end: AgentEnd): void {
    if (run.state !== 'streaming') return;
    const { finishReason, usage, error } = end;
    if (finishReason === 'error') this.#options.onFailed(run, error);
    if (finishReason !== 'error' || run.stream.nextIndex === 0)
      this.#end(run, { finishReason, usage, error });
    else this.#end(run, { finishReason: 'interrupted', usage, error: null });
  }

  #cut(run: Run, end: RunEnd): boolean {
    if (run.state === 'queued') {
      const at = run.channel.queue.indexOf(run);
      if (at !== -1) run.channel.queue.splice(at, 1);
      if (run.channel.queue.length === 0) this.#places.leave(run.channel.principal, run.channel);
      run.channel.ending.add(run);
      // It never ran, and took no time.
      run.startedAtMs = this.#options.clock.nowMs();
      this.#end(run, { ...end, usage: { input: 0, output: 0 } });
      return true;
    }
    if (run.state !== 'streaming') return false;
    const usage = run.call?.cancel() ?? null;
    this.#end(run, { ...end, usage });
    return true;
  }

  #end(run: Run, end: RunEnd): void {
    const { wheel, clock } = this.#options;
    run.state = 'ending';
    run.end = end;
    run.call = null;
    this.#growth.stop(run);
    if (run.detachedTimer !== null) wheel.cancel(run.detachedTimer);
    void this.#finish(run, end, Math.round(clock.nowMs() - run.startedAtMs));
  }

  /** Stores the end, then tells it: whoever has seen a completion finds it again after a crash. Never rejects. */
  async #finish(run: Run, end: RunEnd, durationMs: number): Promise<void> {
    const { memory, pump, retention, trace, clock, metrics, onStored } = this.#options;
    const { channel } = run;
    const usage = end.usage ?? estimateUsage(Buffer.byteLength(run.message), run.stream.encodedBytes);
    const totalTokens = usage.input + usage.output;
    await run.storing;
    const { finishReason, error } = end;
    const skills = run.skillUses.all;
    const text = run.stream.textFrom(run.storedChunks);
    const stored = { text, finishReason, totalTokens, durationMs, usage, error, skills };
    let refused = false;
    try {
      await memory.finishReply(run.replyRef, stored);
    } catch (refusal) {
      refused = true;
      this.#late.add(run.replyRef, stored, refusal);
    }
    run.state = 'ended';
    if (trace.on) {
      const told = { finish_reason: finishReason, steps: run.steps, tokens: totalTokens };
      trace.done(run, { ...told, duration_ms: durationMs, error: error?.code ?? null });
    }
    this.#options.onEnded(run, finishReason, durationMs);
    run.origin.span.end(
      {
        'openclaw.finish_reason': finishReason,
        'gen_ai.usage.input_tokens': usage.input,
        'gen_ai.usage.output_tokens': usage.output,
      },
      finishReason === 'error' || finishReason === 'interrupted',
    );
    const complete = completionFrame(channel.id, run.messageId, { ...end, usage, totalTokens, durationMs });
    if (!run.stream.begun) channel.log.begin(run.stream);
    run.keepsFromPosition = Math.min(
      run.stream.firstPosition,
      channel.running?.stream.firstPosition ?? run.stream.firstPosition,
    );
    channel.log.seal(run.stream, complete, SCOPE_BIT.chat);
    metrics.streamsEnded[finishReason] += 1;
    metrics.tokens += totalTokens;
    channel.lastActivityMs = clock.nowMs();
    pump.logGrew(channel.log);
    if (channel.running === run) {
      channel.running = null;
      this.#places.release(channel.principal);
    }
    channel.ending.delete(run);
    this.#open.delete(run);
    run.message = '';
    channel.principal.unansweredBytes -= run.messageBytes;
    retention.keep(run);
    // Whoever has waited comes first.
    this.#startWaiting();
    this.#startNext(channel);
    const waiters = this.#endWaiters;
    this.#endWaiters = [];
    for (const resolve of waiters) resolve();
    if (!refused) onStored(channel, run.replyRef.seq);
  }
}
