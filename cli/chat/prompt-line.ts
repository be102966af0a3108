/** The prompt and what is typed behind it, on the screen: edited and drawn by node:readline, which hears of no key by itself. */
import { createInterface, type Interface, moveCursor } from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../terminal.js';
import type { TypedLine } from './line-queue.js';

/** As `keypress` of node:readline has it. */
export interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

const ERASE_BELOW = '\r\u001b[J';

/** What readline draws, while the prompt is to be seen. */
class PromptOutput extends Writable {
  isHidden = true;
  readonly isTTY = true;
  readonly #stdout: Terminal['stdout'];

  constructor(stdout: Terminal['stdout']) {
    super({ decodeStrings: false });
    this.#stdout = stdout;
  }

  get columns(): number {
    return this.#stdout.columns || 80;
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  override _write(text: unknown, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isHidden) this.#stdout.write(String(text));
    done();
  }
}

export interface PromptLineOptions {
  readonly io: Terminal;
  /** What Tab makes of the text in front of the cursor: every completion, and the part of it that they are for. */
  readonly complete: (text: string) => [readonly string[], string];
  /** The program goes on after Ctrl+Z. */
  readonly onContinued: () => void;
}

export class PromptLine {
  readonly #output: PromptOutput;
  readonly #readline: Interface;
  /** The same, with the two parts of it that may be set between keys. */
  readonly #typed: { line: string; cursor: number };

  constructor({ io, complete, onContinued }: PromptLineOptions) {
    this.#output = new PromptOutput(io.stdout);
    const input = Object.assign(new PassThrough(), {
      setRawMode: (isRaw: boolean) => io.stdin.setRawMode?.(isRaw),
    });
    this.#readline = createInterface({
      input,
      output: this.#output,
      terminal: true,
      historySize: 0,
      completer: complete,
    });
    this.#readline.on('SIGCONT', onContinued);
    this.#typed = this.#readline as { line: string; cursor: number };
  }

  /** What is typed. */
  get line(): string {
    return this.#typed.line;
  }

  /** Where in it, in UTF-16 units. */
  get cursor(): number {
    return this.#typed.cursor;
  }

  get isShown(): boolean {
    return !this.#output.isHidden;
  }

  /** Another prompt; drawn with the next change. */
  set prompt(text: string) {
    this.#readline.setPrompt(text);
  }

  /** Draws prompt and text from the line of the screen on that the cursor is in; what stands above stays. */
  show(): void {
    const { line, cursor } = this.#typed;
    // Drawn unseen and empty first: it has to forget how many lines above its cursor it began.
    this.#output.isHidden = true;
    this.set('');
    this.#typed.line = line;
    this.#typed.cursor = cursor;
    this.#output.isHidden = false;
    this.#readline.prompt(true);
  }

  /** Takes it from the screen; it can be edited all the same. */
  hide(): void {
    moveCursor(this.#output, 0, -this.#readline.getCursorPos().rows);
    this.#output.write(ERASE_BELOW);
    this.#output.isHidden = true;
  }

  /** Takes what is typed; where it was to be seen, it stays on the screen, and a line begins below it. */
  take(): TypedLine {
    const { line } = this.#typed;
    const { isShown } = this;
    this.set(line);
    this.#output.write('\n');
    this.#output.isHidden = true;
    this.set('');
    return { text: line, isShown };
  }

  set(line: string, cursor = line.length): void {
    this.#typed.line = line;
    this.#typed.cursor = cursor;
    this.#readline.prompt(true);
  }

  insert(text: string): void {
    const { line, cursor } = this.#typed;
    this.set(line.slice(0, cursor) + text + line.slice(cursor), cursor + text.length);
  }

  /** Has readline do what a key means to it. */
  press(text: string | undefined, key: Key): void {
    this.#readline.write(text as string, key);
  }

  /** The terminal has another width. */
  resized(): void {
    this.#output.emit('resize');
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.isShown) this.take();
    this.#readline.close();
  }
}
