/** Where a conversation gets its lines from: a terminal's keys, or whatever else hands over lines. */
import { createInterface, type Interface } from 'node:readline';
import type { Terminal } from '../terminal.js';
import { isContinued, type LineQueue } from './line-queue.js';
import type { Screen } from './screen.js';

export interface Input {
  /** Shows the prompt with what is typed; until the next line is sent off, or {@link aside}, it stays the last on the screen. */
  prompt(text: string): void;
  /** Has `write` write above the prompt, where that is shown, else where the writing is. */
  aside(write: () => void): void;
  /** Throws away what is typed. False where nothing is. */
  clear(): boolean;
  /** Lines that were sent off and not taken become what is typed, so that they can be thought over. False where there are none. */
  takeBack(): boolean;
  close(): void;
}

/** Lines as the terminal itself, or a pipe, hands them over: no keys, no codes. For `TERM=dumb`. */
export class PlainInput implements Input {
  readonly #screen: Screen;
  readonly #lines: Interface;
  #prompt: string | null = null;
  #begun = '';

  constructor({ stdin }: Terminal, screen: Screen, queue: LineQueue) {
    this.#screen = screen;
    this.#lines = createInterface({ input: stdin });
    this.#lines.on('line', (line) => {
      this.#prompt = null;
      screen.lineWasEnded();
      if (isContinued(line)) {
        this.#begun += `${line.slice(0, -1)}\n`;
        return;
      }
      const text = this.#begun + line;
      this.#begun = '';
      queue.push({ text, isShown: true });
    });
    this.#lines.on('close', () => queue.end());
  }

  prompt(text: string): void {
    this.#prompt = text;
    this.#screen.write(text);
  }

  aside(write: () => void): void {
    if (this.#prompt !== null) this.#screen.endLine();
    write();
    if (this.#prompt !== null) this.#screen.write(this.#prompt);
  }

  clear(): boolean {
    const wasBegun = this.#begun !== '';
    this.#begun = '';
    return wasBegun;
  }

  /** What the terminal has handed over cannot be changed any more: it is sent. */
  takeBack(): boolean {
    return false;
  }

  close(): void {
    this.#lines.close();
  }
}
