/** The frames of this page's connection, the newest of them, as the socket saw them. Cheap to add to: nothing is parsed. */

export interface RawFrame {
  /** Counts from 1 and never repeats. */
  readonly number: number;
  /** `lifecycle`: the connection itself, not a frame. */
  readonly direction: 'sent' | 'received' | 'lifecycle';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Milliseconds of the monotonic clock, for latencies. */
  readonly monotonicMs: number;
  readonly text: string;
}

/** A token is nobody's business, on the screen of a projector least of all. */
export const maskToken = (text: string): string => {
  if (!text.includes('"auth.handshake"')) return text;
  try {
    const message = JSON.parse(text) as { params?: { token?: unknown } };
    if (typeof message.params?.token === 'string') message.params.token = '•••';
    return JSON.stringify(message);
  } catch {
    return '"•••"';
  }
};

export interface FrameLogOptions {
  readonly maxFrames?: number;
  /** UTF-16 units of all frames together. */
  readonly maxChars?: number;
}

export class FrameLog {
  readonly #maxFrames: number;
  readonly #maxChars: number;
  #frames: RawFrame[] = [];
  /** Where the oldest is: what is before it goes when it has become much. */
  #start = 0;
  #chars = 0;
  #last = 0;
  readonly #listeners = new Set<() => void>();

  constructor({ maxFrames = 2000, maxChars = 8 * 1024 * 1024 }: FrameLogOptions = {}) {
    this.#maxFrames = maxFrames;
    this.#maxChars = maxChars;
  }

  /** How many there have ever been. */
  get count(): number {
    return this.#last;
  }

  /** Those that are held, oldest first. */
  frames(): readonly RawFrame[] {
    return this.#frames.slice(this.#start);
  }

  add(direction: RawFrame['direction'], text: string): void {
    const shown = direction === 'sent' ? maskToken(text) : text;
    this.#last++;
    this.#frames.push({
      number: this.#last,
      direction,
      atMs: Date.now(),
      monotonicMs: performance.now(),
      text: shown,
    });
    this.#chars += shown.length;
    while (
      this.#frames.length - this.#start > this.#maxFrames ||
      (this.#chars > this.#maxChars && this.#frames.length - this.#start > 1)
    ) {
      this.#chars -= this.#frames[this.#start]?.text.length ?? 0;
      this.#start++;
    }
    if (this.#start > this.#maxFrames) {
      this.#frames = this.#frames.slice(this.#start);
      this.#start = 0;
    }
    for (const listener of this.#listeners) listener();
  }

  clear(): void {
    this.#frames = [];
    this.#start = 0;
    this.#chars = 0;
    for (const listener of this.#listeners) listener();
  }

  /** @returns the function that takes the listener away */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
