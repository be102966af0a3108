/** What is going on, on standard error: in place on a terminal, otherwise a line for each new thing. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #said = '';
  #open = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  say(sentence: string): void {
    if (sentence === this.#said) return;
    this.end();
    this.#said = sentence;
    this.#open = this.#stream.isTTY;
    this.#stream.write(`${sentence} …${this.#open ? '' : '\n'}`);
  }

  /** `what` is done so many times out of `all`; only a terminal sees the numbers. */
  count(what: string, done: number, all: number): void {
    this.say(what);
    if (this.#open) this.#stream.write(`\r${what} … ${done} of ${all}`);
  }

  /** How it goes with what was said last; only a terminal sees it. */
  detail(text: string): void {
    if (this.#open) this.#stream.write(`\r\u001b[K${this.#said} … ${text}`);
  }

  /** Ends the line that is open. */
  end(): void {
    if (this.#open) this.#stream.write('\n');
    this.#open = false;
  }
}
