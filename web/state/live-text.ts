/** The text of a reply, which grows: whoever shows it appends what is new, and nothing is rendered again for it. */
export class LiveText {
  #text = '';
  readonly #listeners = new Set<(piece: string) => void>();

  constructor(text = '') {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  append(piece: string): void {
    this.#text += piece;
    for (const listener of this.#listeners) listener(piece);
  }

  /** @returns the function that takes the listener away */
  subscribe(listener: (piece: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
