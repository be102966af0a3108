/** Replies are stored as they grow, so that a crash costs a second of them at most. */
import type { MemoryPort } from '../../backends/memory/port.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Run } from './run.js';

const STORE_INTERVAL_MS = 1000;

export interface GrowthOptions {
  readonly memory: Pick<MemoryPort, 'appendReply'>;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly onFault: (what: string, error: unknown, run: Run) => void;
}

export class Growth {
  readonly #options: GrowthOptions;

  constructor(options: GrowthOptions) {
    this.#options = options;
  }

  /** A run has grown, in what it says or in what it has used: it is stored within a second. */
  grew(run: Run): void {
    if (run.state !== 'streaming' || run.storeTimer?.scheduled === true || !run.growthUnstored) return;
    run.storeTimer ??= new Timer<Run>(run, this.#store);
    this.#options.wheel.schedule(run.storeTimer, this.#options.clock.nowMs() + STORE_INTERVAL_MS);
  }

  /** What follows is for the run's end to store; what is on its way is told by {@link Run.storing}. */
  stop(run: Run): void {
    if (run.storeTimer !== null) this.#options.wheel.cancel(run.storeTimer);
  }

  /** One part at a time, so that parts cannot change places when one fails. */
  readonly #store = (run: Run): void => {
    if (run.state !== 'streaming' || run.storing !== null || !run.growthUnstored) return;
    const { stream, storedChunks, skillsUnstored } = run;
    const chunks = stream.nextIndex;
    run.skillsUnstored = false;
    const { memory, onFault } = this.#options;
    run.storing = memory
      .appendReply(run.replyRef, stream.textFrom(storedChunks), skillsUnstored ? run.skillUses.soFar : null)
      .then(
        () => {
          run.storedChunks = chunks;
          run.storeFails = false;
        },
        (error: unknown) => {
          run.skillsUnstored ||= skillsUnstored;
          if (!run.storeFails) onFault('a reply waits to be stored', error, run);
          run.storeFails = true;
        },
      )
      .finally(() => {
        run.storing = null;
        this.grew(run);
      });
  };
}
