/** Notices that a provider says nothing any more. One timer for a request, whatever comes meanwhile. */

/** Counts of tokens come with the end or right behind it. */
const AFTER_THE_END_MS = 2000;

export interface SilenceOptions {
  /** To the first sign of life. */
  readonly firstMs: number;
  /** Between two signs of life. */
  readonly betweenMs: number;
  readonly onSilent: (begun: boolean) => void;
}

export class Silence {
  readonly #options: SilenceOptions;
  #heardMs = performance.now();
  #begun = false;
  #isHeld = false;
  #isOver = false;
  #ended = false;
  #timer: NodeJS.Timeout;

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#timer = setTimeout(this.#look, options.firstMs);
  }

  heard(): void {
    if (this.#isOver) return;
    this.#heardMs = performance.now();
    if (this.#begun) return;
    this.#begun = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#look, this.#options.betweenMs);
  }

  /** Nobody listens for a while: until {@link goOn}, silence is not the provider's. */
  hold(): void {
    this.#isHeld = true;
    clearTimeout(this.#timer);
  }

  goOn(): void {
    this.#isHeld = false;
    if (this.#ended || this.#isOver) return;
    this.#heardMs = performance.now();
    this.#timer = setTimeout(this.#look, this.#options.betweenMs);
  }

  /** All has been said, and what may follow is not waited for long. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.onSilent(true), AFTER_THE_END_MS);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    if (this.#leftMs > 0) this.#timer = setTimeout(this.#look, Math.ceil(this.#leftMs));
    // However late the loop is: what had come in time is heard first.
    else setImmediate(this.#lookAgain);
  };

  readonly #lookAgain = (): void => {
    if (this.#ended || this.#isHeld || this.#isOver) return;
    // What was heard meanwhile may have set another.
    clearTimeout(this.#timer);
    if (this.#leftMs > 0) this.#timer = setTimeout(this.#look, Math.ceil(this.#leftMs));
    else this.#options.onSilent(this.#begun);
  };

  get #leftMs(): number {
    const { firstMs, betweenMs } = this.#options;
    return this.#heardMs + (this.#begun ? betweenMs : firstMs) - performance.now();
  }
}
