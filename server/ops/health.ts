/** Whether the gateway should be given work, from what its parts say of themselves. */

/**
 * `ok`; `degraded`: it works, and somebody should look; `failing`: clients are better off elsewhere.
 */
export type PartState = 'ok' | 'degraded' | 'failing';

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'unready';
  /** Each part's state by its name. */
  readonly parts: Readonly<Record<string, PartState>>;
}

export class Health {
  readonly #parts = new Map<string, PartState>();

  set(part: string, state: PartState): void {
    this.#parts.set(part, state);
  }

  /** A part that is only told of while something is wrong with it. */
  forget(part: string): void {
    this.#parts.delete(part);
  }

  report(): HealthReport {
    const states = new Set(this.#parts.values());
    const status = states.has('failing') ? 'unready' : states.has('degraded') ? 'degraded' : 'ready';
    return { status, parts: Object.fromEntries(this.#parts) };
  }
}
