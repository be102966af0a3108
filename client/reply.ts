/** A reply as its reader sees it: an async iterable over its text. */
import type { Completion, ReplyStream } from './reply-stream.js';

/**
 * The reply to one message. Iterate over it, or ask for its whole {@link text}: its text is handed over once. What
 * arrives while the reader is busy is one piece; the pieces together are the reply. It ends with the run, whatever the
 * `finish_reason`, and throws only where the message was refused, was given up by its signal, or the connection has
 * ended for good.
 */
export class Reply implements AsyncIterable<string> {
  /** The id of the message, as soon as the gateway has stored it. */
  readonly messageId: Promise<string>;
  /** How the run ended. */
  readonly completion: Promise<Completion>;
  readonly #stream: ReplyStream;
  readonly #cancel: () => Promise<boolean>;
  #isRead = false;

  /** Made by `chat.send`, by `chat.follow`, and for the event `reply`. */
  constructor(stream: ReplyStream, cancel: () => Promise<boolean>) {
    this.#stream = stream;
    this.#cancel = cancel;
    this.messageId = stream.messageId;
    this.completion = stream.completion;
  }

  /** The channel that it is written in; undefined until the gateway has said so, which of one that was overheard it has. */
  get channel(): string | undefined {
    return this.#stream.channel || undefined;
  }

  /** Tokens that it took; undefined until it has ended, and where the gateway does not know. */
  get usage(): Completion['usage'] {
    return this.#stream.completed?.usage;
  }

  /**
   * Has the gateway stop. The iteration then ends by itself; what was said until then is kept.
   *
   * @returns whether there was something to stop
   */
  cancel(): Promise<boolean> {
    return this.#cancel();
  }

  /** The whole text, once it has ended. @throws TypeError where it is being read already */
  async text(): Promise<string> {
    let text = '';
    for await (const chunk of this) text += chunk;
    return text;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    if (this.#isRead) throw new TypeError('The text of a reply is read once: keep what you need of it.');
    this.#isRead = true;
    try {
      for (let text = await this.#stream.read(); text !== null; text = await this.#stream.read()) yield text;
    } finally {
      // Whoever leaves early wants no more of it, and does not stop the gateway.
      this.#stream.discard();
    }
  }
}
