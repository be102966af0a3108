/** What was typed and sent off with Enter, in order, until somebody takes it. */

export interface TypedLine {
  /** Without its line end; with line breaks inside where the message has several lines. */
  readonly text: string;
  /** Whether it stands on the screen already. */
  readonly isShown: boolean;
}

export class LineQueue {
  #lines: TypedLine[] = [];
  #isOver = false;
  #wake: () => void = () => {};

  push(line: TypedLine): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** Nothing more will come; what is there may still be taken. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The next line where there is one already. */
  take(): TypedLine | undefined {
    return this.#lines.shift();
  }

  /** All of them. */
  takeAll(): TypedLine[] {
    return this.#lines.splice(0);
  }

  /** The next line, as soon as there is one; null at the end. */
  async next(): Promise<TypedLine | null> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Whether a line goes on on the next one: it ends with a backslash that no other one stands before. */
export const isContinued = (text: string): boolean => /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
