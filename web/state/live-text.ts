/** The text of a reply, which grows: whoever shows it appends what is new, and nothing is rendered again for it. */
export class LiveText {
  #text = '';
  #hasEnded = false;
  readonly #listeners = new Set<(piece: string) => void>();

  constructor(text = '') {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  append(piece: string): void {
    if (this.#hasEnded) return;
    this.#text += piece;
    for (const listener of this.#listeners) listener(piece);
  }

  /** What comes now is here already: somebody else has told the rest. */
  end(): void {
    this.#hasEnded = true;
  }

  /** @returns the function that takes the listener away */
  subscribe(listener: (piece: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
