/** Notices that a provider says nothing any more. One timer for a request, whatever comes meanwhile. */

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
  #ended = false;
  #timer: NodeJS.Timeout;

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#timer = setTimeout(this.#look, options.firstMs);
  }

  heard(): void {
    this.#heardMs = performance.now();
    if (this.#begun) return;
    this.#begun = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#look, this.#options.betweenMs);
  }

  /** Nobody listens for a while: until {@link goOn}, silence is not the provider's. */
  hold(): void {
    clearTimeout(this.#timer);
  }

  goOn(): void {
    if (this.#ended) return;
    this.#heardMs = performance.now();
    this.#timer = setTimeout(this.#look, this.#options.betweenMs);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const { firstMs, betweenMs, onSilent } = this.#options;
    const leftMs = this.#heardMs + (this.#begun ? betweenMs : firstMs) - performance.now();
    if (leftMs <= 0) onSilent(this.#begun);
    else this.#timer = setTimeout(this.#look, Math.ceil(leftMs));
  };
}
