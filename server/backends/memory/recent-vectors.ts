/** The vectors of the last texts: the same text comes as a message and as the query of its recall. */

const MAX_KEPT = 256;
const KEPT_MS = 60_000;

interface Kept {
  readonly vector: Float32Array;
  readonly untilMs: number;
}

export class RecentVectors {
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  get(text: string, nowMs: number): Float32Array | null {
    const kept = this.#kept.get(text);
    return kept !== undefined && nowMs < kept.untilMs ? kept.vector : null;
  }

  keep(text: string, vector: Float32Array, nowMs: number): void {
    this.#kept.delete(text);
    this.#kept.set(text, { vector, untilMs: nowMs + KEPT_MS });
    for (const [oldest, { untilMs }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && nowMs < untilMs) break;
      this.#kept.delete(oldest);
    }
  }
}
