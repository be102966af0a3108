/**
 * Sees to it that long channels are summarized: told of every reply that was stored, it asks the memory to
 * go on with that channel's summary when enough has been said behind it. One channel at a time, in steps with a
 * pause between them, so that nobody waits for it.
 *
 * A summary is the provider's where one is configured and answers, else the memory's own choice of sentences. A way too
 * long for one call of the provider is gone by sentences, and only its end is the provider's.
 */
import type { MemoryPort, Summarized, SummaryAsk, SummaryStep } from '../../backends/memory/port.js';
import type { Summarizer } from '../../backends/reasoning/port.js';
import type { Channel } from '../channels/channel.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';

/** Between two steps of one channel. */
const PAUSE_MS = 100;
/** A provider that has not answered by then is given up. */
const PROVIDER_PATIENCE_MS = 120_000;
/** Channels that wait for their turn; one that finds no room comes back with its next reply. */
const MAX_WAITING = 1024;
/** Of what is due, how much more has to be said before a try without success is repeated. */
const RETRY_SHARE = 1 / 4;
/** Of `memory.recall_tokens`, what a summary may take. */
const SUMMARY_SHARE = 1 / 4;
/** Of the time that messages are kept, how much must be left to one that goes into a summary: the summary goes with it. */
const LEAST_LEFT_SHARE = 1 / 4;

export interface CompactionLimits {
  /** Messages that may stand behind a summary; 0: nothing is summarized. */
  compactAfterMessages: number;
  recallTokens: number;
  /** How long messages are kept; 0: for ever. */
  retentionMs: number;
}

export interface CompactionOptions {
  readonly memory: Pick<MemoryPort, 'nextToSummarize' | 'summarize'>;
  /** As it is now; null: nobody but the memory itself writes summaries. */
  readonly summarizer: () => Summarizer | null;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** As they are now. */
  readonly limits: Readonly<CompactionLimits>;
  readonly onFault: (what: string, error: unknown) => void;
}

/** What the last look at a channel told. */
interface Known {
  /** Everything up to this seq is summarized, or gone. */
  readonly uptoSeq: number;
  /** The channel's newest seq below which another look is not worth it. */
  readonly againSeq: number;
}

const NOTHING: Summarized = { stored: false, more: false, uptoSeq: 0 };

export class Compaction {
  readonly #options: CompactionOptions;
  readonly #known = new WeakMap<Channel, Known>();
  /** Channels whose turn has not come, each with its newest seq. */
  readonly #waiting = new Map<Channel, number>();
  #busy = false;
  #working: Promise<void> = Promise.resolve();
  /** Cuts short what is being waited for. */
  #cut: () => void = () => {};
  #closed = false;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /** The reply at `seq` of a channel is stored, with all of its words. */
  grew(channel: Channel, seq: number): void {
    const { compactAfterMessages, recallTokens } = this.#options.limits;
    if (this.#closed || compactAfterMessages === 0 || recallTokens === 0) return;
    const { uptoSeq, againSeq } = this.#known.get(channel) ?? { uptoSeq: 0, againSeq: 0 };
    if (seq - uptoSeq <= compactAfterMessages || seq < againSeq) return;
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(channel)) return;
    this.#waiting.set(channel, seq);
    if (this.#busy) return;
    this.#busy = true;
    this.#working = this.#work();
  }

  /** Begins nothing any more, and resolves once the memory is not asked for anything. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    this.#cut();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const [channel, seq] = next;
      this.#waiting.delete(channel);
      if (!channel.deleted) await this.#compact(channel, seq);
    }
    this.#busy = false;
  }

  /** Brings a channel's summary up to date. Never rejects. */
  async #compact(channel: Channel, newestSeq: number): Promise<void> {
    const { limits, onFault } = this.#options;
    const moreThan = limits.compactAfterMessages;
    const keepNewest = Math.ceil(moreThan / 2);
    const againSeq = newestSeq + Math.max(1, Math.floor(moreThan * RETRY_SHARE));
    let done = NOTHING;
    try {
      done = await this.#step(channel, this.#ask(moreThan, keepNewest));
      while (done.more && !this.#closed) {
        await this.#pause();
        done = await this.#step(channel, this.#ask(keepNewest, keepNewest));
      }
    } catch (error) {
      onFault('summary', error);
    }
    this.#known.set(channel, { uptoSeq: done.uptoSeq, againSeq });
  }

  #ask(moreThan: number, keepNewest: number): SummaryAsk {
    const { clock, limits } = this.#options;
    const nowMs = clock.wallMs();
    return {
      moreThan,
      keepNewest,
      maxTokens: Math.floor(limits.recallTokens * SUMMARY_SHARE),
      passOverBeforeMs: limits.retentionMs === 0 ? 0 : nowMs - limits.retentionMs * (1 - LEAST_LEFT_SHARE),
      nowMs,
    };
  }

  async #step(channel: Channel, ask: SummaryAsk): Promise<Summarized> {
    const { memory } = this.#options;
    const summarizer = this.#options.summarizer();
    const { principal, id } = channel;
    if (this.#closed) return NOTHING;
    const step = summarizer === null ? null : await memory.nextToSummarize(principal.name, id, ask);
    if (this.#closed) return NOTHING;
    const text = summarizer === null || step === null ? null : await this.#write(summarizer, step);
    if (this.#closed) return NOTHING;
    const written = step === null || text === null ? null : { mark: step.mark, text };
    return memory.summarize(principal.name, id, ask, written);
  }

  /** The provider's summary; null where it has none to give. Never rejects. */
  async #write(
    summarizer: Summarizer,
    { previous, messages, maxTokens }: SummaryStep,
  ): Promise<string | null> {
    const { clock, wheel, onFault } = this.#options;
    const abort = new AbortController();
    const cut = new Promise<null>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve(null));
    });
    const timer = new Timer(null, () => {
      onFault('summary', new Error(`the provider wrote no summary within ${PROVIDER_PATIENCE_MS} ms`));
      abort.abort();
    });
    wheel.schedule(timer, clock.nowMs() + PROVIDER_PATIENCE_MS);
    this.#cut = () => abort.abort();
    try {
      const text = await Promise.race([
        summarizer.summarize({ previous, messages, maxTokens }, abort.signal),
        cut,
      ]);
      // A token is four bytes: what is cut here could not be kept, and need not cross to the memory's thread.
      return text?.slice(0, 4 * maxTokens + 1) ?? null;
    } catch (error) {
      if (!abort.signal.aborted) onFault('summary', error);
      return null;
    } finally {
      wheel.cancel(timer);
      this.#cut = () => {};
    }
  }

  /** Lets the memory do other things for a moment. */
  async #pause(): Promise<void> {
    const { clock, wheel } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = new Timer(null, () => resolve());
      wheel.schedule(timer, clock.nowMs() + PAUSE_MS);
      this.#cut = () => {
        wheel.cancel(timer);
        resolve();
      };
    });
    this.#cut = () => {};
  }
}
