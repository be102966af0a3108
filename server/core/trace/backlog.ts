/** What waits for one who watches a trace: so many events, no more; beyond that events are counted, not kept. */
import type { TraceEvent } from './trace.js';

/** Of one notification; with bodies that is some hundred KiB at most. */
const MAX_EVENTS_PER_FRAME = 256;
const MAX_WAITING = 2048;

export interface TraceBatch {
  readonly events: TraceEvent[];
  /** Events that were not kept since the batch before. */
  readonly lost: number;
}

export class TraceBacklog {
  #waiting: TraceEvent[] = [];
  #lost = 0;

  /** @param make the event; not called where there is no room for it */
  add(make: () => TraceEvent): void {
    // What is lost lies between what waits and what comes behind it: nothing is put behind a gap before that is told.
    if (this.#lost > 0 || this.#waiting.length >= MAX_WAITING) this.#lost += 1;
    else this.#waiting.push(make());
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#lost === 0;
  }

  /** The oldest events that fit into one notification. `lost` is told with the last of those before the gap. */
  take(): TraceBatch {
    const events = this.#waiting.splice(0, MAX_EVENTS_PER_FRAME);
    const lost = this.#waiting.length === 0 ? this.#lost : 0;
    if (lost > 0) this.#lost = 0;
    return { events, lost };
  }
}
