/**
 * Where a client stands in a reply (protocol section 5): turns frames into the text that is new, whatever connections
 * they come over. Nothing is lost and nothing is handed over twice. Knows neither socket nor clock.
 */

export interface StreamFrame {
  readonly chunk: string;
  /** Of its first source chunk. */
  readonly index: number;
  /** Source chunks in it; 1 where it is left out. */
  readonly span?: number;
}

/**
 * `live`: frames follow each other. `paused`: not wanted now. `resuming`: `chat.resume` is asked and not answered, so
 * what comes belongs to the cursor of before.
 */
type State = 'live' | 'paused' | 'resuming';

export class StreamCursor {
  #state: State = 'live';
  /** The index that is due. */
  #next = 0;
  /** UTF-16 units handed over. */
  #held = 0;
  /** Of what comes next, the units that were handed over before: the gateway has begun again at index 0. */
  #skip = 0;
  /** No frame has come since it was resumed, so the next one may be the first of the whole text. */
  #fresh = false;

  get state(): State {
    return this.#state;
  }

  /** Nothing has shown yet that the gateway knows of the resumption. */
  get fresh(): boolean {
    return this.#fresh;
  }

  /** For `after_index`: the last source chunk that was taken; −1: none. */
  get afterIndex(): number {
    return this.#next - 1;
  }

  /** The text of a frame that is new; '' where there is none, null where the frame does not follow the one before. */
  take({ chunk, index, span = 1 }: StreamFrame): string | null {
    if (this.#state !== 'live') return '';
    if (index !== this.#next) {
      if (index !== 0 || !this.#fresh) return null;
      this.#beginAgain();
    }
    this.#fresh = false;
    this.#next = index + span;
    const known = Math.min(this.#skip, chunk.length);
    this.#skip -= known;
    this.#held += chunk.length - known;
    return chunk.slice(known);
  }

  /** Frames are passed over until it is resumed. */
  pause(): void {
    this.#state = 'paused';
  }

  /** `chat.resume` goes out. */
  resuming(): void {
    this.#state = 'resuming';
  }

  /** `chat.resume` was answered. */
  resumed(recovered: boolean): void {
    this.#follow();
    if (!recovered) this.#beginAgain();
  }

  /** A handshake has named it, behind {@link afterIndex}: the gateway goes on there, or begins again, without saying which. */
  rejoin(): void {
    if (this.#state !== 'paused') this.#follow();
  }

  #follow(): void {
    this.#state = 'live';
    this.#fresh = true;
    // Where no frame has come since it last began again, all of it is still to be passed over.
    if (this.#next === 0) this.#skip = this.#held;
  }

  #beginAgain(): void {
    this.#next = 0;
    this.#skip = this.#held;
  }
}
