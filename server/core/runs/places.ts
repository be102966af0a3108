/**
 * Who may have a reply written now: so many at a time in all, so many of one owner. Who finds no place waits, and
 * places that become free go round among the owners who wait. It knows neither socket nor clock.
 */

export interface PlaceLimits {
  /** Of all owners together. */
  maxStreams: number;
  maxStreamsPerPrincipal: number;
}

export class Places<Owner extends object, Waiter extends object> {
  readonly #limits: Readonly<PlaceLimits>;
  #taken = 0;
  readonly #takenBy = new Map<Owner, number>();
  /** Each owner's, in the order in which they came. */
  readonly #waiting = new Map<Owner, Set<Waiter>>();
  /** Owners who wait for nothing but a place of all, in the order in which they get one. */
  readonly #ready = new Set<Owner>();

  /** @param limits as they are now; see {@link limitsChanged} */
  constructor(limits: Readonly<PlaceLimits>) {
    this.#limits = limits;
  }

  /** Places that somebody has. */
  get taken(): number {
    return this.#taken;
  }

  /** True: it has a place, until {@link release}. False: it waits, as it did if it did, until {@link next} or {@link leave}. */
  take(owner: Owner, waiter: Waiter): boolean {
    if (this.#hasPlace && this.#mayHaveMore(owner) && !this.#waiting.has(owner)) {
      this.#give(owner);
      return true;
    }
    let waiters = this.#waiting.get(owner);
    if (waiters === undefined) {
      waiters = new Set();
      this.#waiting.set(owner, waiters);
    }
    waiters.add(waiter);
    if (this.#mayHaveMore(owner)) this.#ready.add(owner);
    return false;
  }

  /** One of an owner's places is free: ask for {@link next}. */
  release(owner: Owner): void {
    this.#taken -= 1;
    const left = (this.#takenBy.get(owner) ?? 0) - 1;
    if (left > 0) this.#takenBy.set(owner, left);
    else this.#takenBy.delete(owner);
    if (this.#waiting.has(owner)) this.#ready.add(owner);
  }

  /** Gives a place to whoever is next and has waited; null: nobody, or there is none. */
  next(): Waiter | null {
    while (this.#hasPlace) {
      const [owner] = this.#ready;
      if (owner === undefined) return null;
      this.#ready.delete(owner);
      const [waiter] = this.#waiting.get(owner) ?? [];
      if (waiter === undefined || !this.#mayHaveMore(owner)) continue;
      this.leave(owner, waiter);
      this.#give(owner);
      if (this.#waiting.has(owner) && this.#mayHaveMore(owner)) {
        // Behind all others.
        this.#ready.delete(owner);
        this.#ready.add(owner);
      }
      return waiter;
    }
    return null;
  }

  /** It waits no longer. Harmless where it did not. */
  leave(owner: Owner, waiter: Waiter): void {
    const waiters = this.#waiting.get(owner);
    if (waiters === undefined || !waiters.delete(waiter) || waiters.size > 0) return;
    this.#waiting.delete(owner);
    this.#ready.delete(owner);
  }

  /** Ask for {@link next} until there is none. */
  limitsChanged(): void {
    for (const owner of this.#waiting.keys()) if (this.#mayHaveMore(owner)) this.#ready.add(owner);
  }

  get #hasPlace(): boolean {
    return this.#taken < this.#limits.maxStreams;
  }

  #mayHaveMore(owner: Owner): boolean {
    return (this.#takenBy.get(owner) ?? 0) < this.#limits.maxStreamsPerPrincipal;
  }

  #give(owner: Owner): void {
    this.#taken += 1;
    this.#takenBy.set(owner, (this.#takenBy.get(owner) ?? 0) + 1);
  }
}
