/**
 * Answers without a body (to a HEAD, or 304) for each address. Of one with a body the library says when it waits for the client,
 * and takes no further request until it has left; of one without it says nothing, keeps what a client does not read, and reads on.
 */

const WINDOW_MS = 10_000;
/** A page has a dozen files. */
const MAX_IN_WINDOW = 200;
/** Beyond them all are forgotten at once, which costs nobody anything. */
const MAX_ADDRESSES = 10_000;

export class BodilessBudget {
  readonly #given = new Map<string, number>();
  #windowEndsMs = 0;

  /**
   * False: the answer is to be the last of its connection, which one with a body can be.
   *
   * @param nowMs monotonic
   */
  take(address: string, nowMs: number): boolean {
    if (nowMs >= this.#windowEndsMs || this.#given.size >= MAX_ADDRESSES) {
      this.#given.clear();
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    const given = (this.#given.get(address) ?? 0) + 1;
    this.#given.set(address, given);
    return given <= MAX_IN_WINDOW;
  }
}
