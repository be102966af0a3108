/** What is printed, so that a line that is due begins at the beginning of one. */
import type { Output } from '../io.js';

export class Screen {
  readonly #output: Output;
  #last = '\n';
  #lines = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** How often {@link line} was called. */
  get lines(): number {
    return this.#lines;
  }

  write(text: string): void {
    if (text === '') return;
    this.#output.write(text);
    this.#last = text.at(-1) ?? this.#last;
  }

  /** Writes whole lines, whatever was unfinished before. */
  line(text: string): void {
    this.#lines += 1;
    this.endLine();
    this.write(`${text}\n`);
  }

  endLine(): void {
    if (this.#last !== '\n') this.write('\n');
  }

  /** The terminal itself has begun a line: Enter was pressed. */
  lineWasEnded(): void {
    this.#last = '\n';
  }
}
