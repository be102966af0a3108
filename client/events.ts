/** Listeners by the name of what they wait for. */
import type { CallOptions } from '../schemas/generated/client.js';

/** @typeParam E what is told, by its name */
export class Emitter<E> {
  readonly #listeners = new Map<keyof E, Set<(event: never) => void>>();

  /**
   * Calls `listener` with every event of that name, in order.
   *
   * @returns the function that takes it away, as its signal does
   */
  on<N extends keyof E>(name: N, listener: (event: E[N]) => void, { signal }: CallOptions = {}): () => void {
    // Of its own, so that the same function can listen twice.
    const own = (event: E[N]): void => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    const stop = (): void => {
      listeners.delete(own);
      signal?.removeEventListener('abort', stop);
    };
    if (signal?.aborted) return stop;
    this.#listeners.set(name, listeners.add(own));
    signal?.addEventListener('abort', stop);
    return stop;
  }

  has(name: keyof E): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<N extends keyof E>(name: N, event: E[N]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (event: E[N]) => void)(event);
      } catch (error) {
        // A listener's own fault: told where uncaught errors are, and not in the middle of the protocol.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
