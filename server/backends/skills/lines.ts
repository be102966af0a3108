/** A stream of bytes as lines, none longer than a limit, however it arrives. */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line that has not ended. */
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in `chunk`, without their ends. Null: one is too long, and nothing can follow. */
  push(chunk: Buffer): Buffer[] | null {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const end = chunk.subarray(from, at);
      if (this.#bytes + end.length > this.#maxBytes) return null;
      lines.push(this.#parts.length === 0 ? end : Buffer.concat([...this.#parts, end]));
      this.#parts = [];
      this.#bytes = 0;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    this.#bytes += rest.length;
    if (this.#bytes > this.#maxBytes) return null;
    if (rest.length > 0) this.#parts.push(rest);
    return lines;
  }
}
