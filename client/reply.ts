/** One reply as it arrives: an async iterator over its text (protocol section 5). */
import type { Params, Result } from '../schemas/methods.js';

type StreamFrame = Params<'chat.stream'>;
export type Completion = Params<'chat.complete'>;

/**
 * Iterates over the text of the reply, in order; the concatenation of what it yields is the reply. What arrives
 * while the reader is busy is handed over as one piece. Ends with the run, whatever its `finish_reason`; throws
 * only where the connection ends first. To be iterated once.
 */
export class Reply implements AsyncIterable<string> {
  readonly messageId: string;
  readonly channel: string;
  /** How the run ended. Rejects where the connection ends first. */
  readonly completion: Promise<Completion>;
  #nextIndex = 0;
  #unread = '';
  #ended = false;
  #wake: () => void = () => {};
  #complete: (completion: Completion) => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor({ message_id, channel }: Result<'chat.send'>) {
    this.messageId = message_id;
    this.channel = channel;
    this.completion = new Promise((resolve, reject) => {
      this.#complete = resolve;
      this.#fail = reject;
    });
    // A caller that only iterates learns of a failure there.
    this.completion.catch(() => {});
  }

  /** Takes a frame of this reply; false where it does not follow the one before. */
  push({ chunk, index, span = 1 }: StreamFrame): boolean {
    if (index !== this.#nextIndex) return false;
    this.#nextIndex = index + span;
    this.#unread += chunk;
    this.#wake();
    return true;
  }

  complete(completion: Completion): void {
    this.#end();
    this.#complete(completion);
  }

  fail(error: Error): void {
    this.#end();
    this.#fail(error);
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (;;) {
      if (this.#unread !== '') {
        const text = this.#unread;
        this.#unread = '';
        yield text;
      } else if (this.#ended) {
        await this.completion;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
