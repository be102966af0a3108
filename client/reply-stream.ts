/** A reply as it arrives: what its reader has not taken yet, and how it ended. What the gateway sends goes in here. */
import type { ChatCompleteEvent } from '../schemas/generated/client.js';
import { StreamCursor, type StreamFrame } from './stream-cursor.js';

/** How the run of a message ended: the params of `chat.complete`. */
export type Completion = ChatCompleteEvent;

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

const deferred = <T>(): Deferred<T> => {
  let [resolve, reject] = [(_: T): void => {}, (_: unknown): void => {}];
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  // Whoever only reads the text learns of a failure there.
  promise.catch(() => {});
  return { promise, resolve, reject };
};

export class ReplyStream {
  readonly cursor = new StreamCursor();
  readonly messageId: Promise<string>;
  /** The same, whatever became of the reply here: rejects only where the gateway refused the message. */
  readonly accepted: Promise<string>;
  readonly completion: Promise<Completion>;
  /** Its {@link messageId}, once that is known; '' before. */
  id = '';
  /** Its channel, as far as that is known. */
  channel = '';
  /** How it ended, once that is known. */
  completed: Completion | null = null;
  /** There is room again, and the rest is to be asked for. */
  onRoom: () => void = () => {};
  readonly #maxUnreadChars: number;
  #unread = '';
  #discards = false;
  #over = false;
  #error: { readonly reason: unknown } | null = null;
  #wake: () => void = () => {};
  #settleIds: (id: string) => void = () => {};
  #rejectAccepted: (reason: unknown) => void = () => {};
  #settleCompletion: (completion: Completion) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  /** @param maxUnreadChars UTF-16 units kept for a reader that is slow; the rest stays with the gateway meanwhile */
  constructor(maxUnreadChars: number) {
    this.#maxUnreadChars = maxUnreadChars;
    const [id, accepted] = [deferred<string>(), deferred<string>()];
    const completion = deferred<Completion>();
    this.messageId = id.promise;
    this.accepted = accepted.promise;
    this.completion = completion.promise;
    this.#settleIds = (messageId) => {
      id.resolve(messageId);
      accepted.resolve(messageId);
    };
    this.#settleCompletion = completion.resolve;
    this.#rejectAccepted = accepted.reject;
    this.#reject = (reason) => {
      id.reject(reason);
      completion.reject(reason);
    };
  }

  /** Neither at its end nor failed. */
  get open(): boolean {
    return !this.#over && this.#error === null;
  }

  /** The message is stored, under this id. */
  named(id: string, channel: string): void {
    this.id = id;
    this.channel = channel;
    this.#settleIds(id);
  }

  /** Takes a frame. Returns what of its text is new; null where it does not follow the one before. */
  take(frame: StreamFrame): string | null {
    const text = this.cursor.take(frame);
    if (text === null || text === '' || this.#discards) return text;
    this.#unread += text;
    if (this.#unread.length > this.#maxUnreadChars) this.cursor.pause();
    this.#wake();
    return text;
  }

  /** The run has ended. Whoever was too slow for its text reads on; it ends with the text. */
  complete(completion: Completion): void {
    this.completed = completion;
    this.#settleCompletion(completion);
    if (this.cursor.state === 'live' || this.#discards) this.end();
  }

  /** Nothing more will come. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  fail(reason: unknown): void {
    if (!this.open) return;
    this.#error = { reason };
    this.#reject(reason);
    this.#wake();
  }

  /** The gateway did not take the message. */
  refused(reason: unknown): void {
    this.#rejectAccepted(reason);
    this.fail(reason);
  }

  /** What follows is not for anybody. */
  discard(): void {
    this.#discards = true;
    this.#unread = '';
    if (this.open && this.completed !== null) this.end();
  }

  /** Somebody wants it after all. */
  keep(): void {
    this.#discards = false;
  }

  /** The text since the last call, as soon as there is some; null at the end. Rejects where the reply failed. */
  async read(): Promise<string | null> {
    for (;;) {
      if (this.#unread !== '') {
        const text = this.#unread;
        this.#unread = '';
        if (this.open && this.cursor.state === 'paused') this.onRoom();
        return text;
      }
      if (this.#error !== null) throw this.#error.reason;
      if (this.#over) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
