/** The planned end: nobody comes in any more, replies under way may finish, then everything is closed in order. */
import { drain } from './core/sessions/drain.js';

type DrainOptions = Parameters<typeof drain>[0];

const DRAIN_CHECK_MS = 50;

export interface ShutdownOptions extends Omit<DrainOptions, 'graceMs' | 'expired' | 'pause'> {
  readonly nowMs: () => number;
  /** `gateway.drain_seconds`, as it is now. */
  readonly graceMs: () => number;
  /** The end begins: resolves when nobody comes in any more. */
  readonly onBegin: () => Promise<void>;
  /** What is done behind it, in this order. */
  readonly steps: readonly (() => unknown)[];
  readonly onFault: (what: string, error: unknown) => void;
}

export class Shutdown {
  readonly #options: ShutdownOptions;
  #drainUntilMs = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Drains and ends. A second call waits no longer for streams. */
  close(): Promise<void> {
    const { nowMs, graceMs } = this.#options;
    this.#drainUntilMs = this.#closing === null ? nowMs() + graceMs() : nowMs();
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const { nowMs, graceMs, onBegin, steps, onFault, ...rest } = this.#options;
    await onBegin();
    await drain({
      ...rest,
      graceMs: graceMs(),
      pause: () => new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS)),
      expired: () => nowMs() >= this.#drainUntilMs,
    });
    for (const step of steps) {
      // What cannot be done in order must not keep the rest from being done.
      try {
        await step();
      } catch (error) {
        onFault('shutdown', error);
      }
    }
  }
}
