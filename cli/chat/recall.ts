/** Going through what was typed before: step by step (Up, Down), and by a part of it (Ctrl-R). Knows no terminal. */

export class Recall {
  readonly #entries: () => readonly string[];
  /** Where it is; null: not under way. */
  #at: number | null = null;
  #draft = '';
  #beginning = '';

  /** @param entries the newest last */
  constructor(entries: () => readonly string[]) {
    this.#entries = entries;
  }

  /** From here on the next step starts with what is typed then. */
  reset(): void {
    this.#at = null;
  }

  /**
   * The next older entry that begins as `line` does in front of its cursor; null where there is none.
   *
   * @param line what is typed; of the first step it comes back in the end
   * @param cursor UTF-16 units
   */
  older(line: string, cursor: number): string | null {
    const entries = this.#entries();
    if (this.#at === null) {
      this.#at = entries.length;
      this.#draft = line;
      this.#beginning = line.slice(0, cursor);
    }
    return this.#step(-1, line);
  }

  /** The next newer one, and in the end what was typed; null where that is shown already. */
  newer(line: string): string | null {
    return this.#at === null ? null : this.#step(1, line);
  }

  #step(by: 1 | -1, shown: string): string | null {
    const entries = this.#entries();
    for (let at = (this.#at ?? entries.length) + by; at >= 0 && at < entries.length; at += by) {
      const entry = entries[at] ?? '';
      if (!entry.startsWith(this.#beginning) || entry === shown) continue;
      this.#at = at;
      return entry;
    }
    if (by === -1) return null;
    this.reset();
    return this.#draft;
  }
}

/** A search from the newest entry on. */
export class Search {
  readonly #entries: readonly string[];
  #words = '';
  #at = -1;

  constructor(entries: readonly string[]) {
    this.#entries = entries;
  }

  get words(): string {
    return this.#words;
  }

  /** The entry that was found; '' where there is none. */
  get found(): string {
    return this.#entries[this.#at] ?? '';
  }

  /** Looks for other words, from the newest entry on. */
  look(words: string): void {
    this.#words = words;
    this.#at = words === '' ? -1 : this.#entries.findLastIndex((entry) => entry.includes(words));
  }

  /** The next older one with the same words; where there is none, it stays. */
  older(): void {
    if (this.#at <= 0) return;
    const at = this.#entries.findLastIndex((entry, index) => index < this.#at && entry.includes(this.#words));
    if (at !== -1) this.#at = at;
  }
}
