/** Messages and their replies: sent, followed, cancelled, and asked for again where a connection has left them behind. */
import { ERRORS } from '../schemas/codes.js';
import type { CallOptions, ChatSendParams, Requests } from '../schemas/generated/client.js';
import type { Caller } from './caller.js';
import type { Call } from './calls.js';
import type { Session } from './connection.js';
import { GatewayError } from './errors.js';
import { Reply } from './reply.js';
import type { ReplyStream } from './reply-stream.js';
import { type ChatSendOptions, sendParams } from './send.js';
import { Streams } from './streams.js';

export interface RepliesOptions {
  readonly caller: Caller;
  readonly maxUnreadChars: number;
  readonly retry: boolean;
  /** Whether there is no connection now, and another one will come. */
  readonly isWaiting: () => boolean;
  /** A reply to a message of another connection; null where nobody wants to hear of those. */
  readonly onForeign: () => ((reply: Reply) => void) | null;
}

/** When the gateway has said nothing of a reply that a handshake resumed, it is asked for by itself: perhaps it is gone. */
const CONFIRM_MS = 5000;
/** After an internal error of the gateway. */
const RESUME_AGAIN_MS = 1000;

export class Replies {
  readonly streams: Streams;
  readonly #options: RepliesOptions;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RepliesOptions) {
    this.#options = options;
    this.streams = new Streams({
      maxUnreadChars: options.maxUnreadChars,
      onForeign: (stream) => {
        const tell = options.onForeign();
        if (tell === null) return;
        stream.keep();
        tell(this.#replyOf(stream, undefined, {}));
      },
      resume: (stream) => this.#resume(stream),
    });
  }

  send(message: string | ChatSendParams, options: ChatSendOptions): Reply {
    const { caller, retry } = this.#options;
    const { params, isRepeat } = sendParams(message, options, retry);
    const stream = this.streams.create();
    if (options.signal?.aborted) {
      stream.refused(options.signal.reason);
      return this.#replyOf(stream, undefined, {});
    }
    let call: Call | undefined;
    try {
      call = caller.call('chat.send', params, {
        succeed: (result, { doubtful }) => {
          const { message_id: id, channel } = result as Requests['chat.send']['result'];
          // The gateway may have had it before, and begun a reply that this connection does not follow.
          if (this.streams.add(stream, id, channel) && (doubtful || isRepeat)) this.#resume(stream);
        },
        fail: (error) => stream.refused(error),
      });
    } catch (error) {
      stream.refused(error);
    }
    return this.#replyOf(stream, call, options);
  }

  follow(messageId: string, options: CallOptions): Reply {
    const stream = this.streams.create();
    if (this.streams.add(stream, messageId, '')) this.#resume(stream);
    return this.#replyOf(stream, undefined, options);
  }

  /** There is another connection. @param isFirst its caller says what of the running replies is of interest */
  opened({ resumed: isResumed, streams }: Session, isFirst: boolean): void {
    const resumed = this.streams.reconnected(isResumed);
    if (!isFirst) this.streams.missed(streams);
    this.#confirmTimer = setTimeout(() => {
      for (const stream of resumed) if (stream.open && stream.cursor.fresh) this.#resume(stream);
    }, CONFIRM_MS);
  }

  disconnected(): void {
    clearTimeout(this.#confirmTimer);
  }

  #replyOf(stream: ReplyStream, call: Call | undefined, { signal }: CallOptions): Reply {
    const { caller } = this.#options;
    const cancel = async (): Promise<boolean> => {
      if (!stream.open || stream.completed !== null) return false;
      if (call !== undefined && caller.withdraw(call)) {
        stream.refused(new DOMException('The message was cancelled before it was sent.', 'AbortError'));
        return true;
      }
      const message_id = await stream.accepted;
      const { cancelled } = await caller.request<Requests['chat.cancel']['result']>(
        'chat.cancel',
        { message_id },
        {},
      );
      return cancelled;
    };
    const giveUp = (): void => {
      cancel().catch(() => {});
      stream.discard();
      stream.fail(signal?.reason);
    };
    if (signal?.aborted) giveUp();
    else if (signal !== undefined) {
      signal.addEventListener('abort', giveUp, { once: true });
      const forget = (): void => signal.removeEventListener('abort', giveUp);
      stream.completion.then(forget, forget);
    }
    return new Reply(stream, cancel);
  }

  /** Asks for what follows what is held of a reply. */
  #resume(stream: ReplyStream): void {
    const { caller, retry, isWaiting } = this.#options;
    const { cursor, id: message_id } = stream;
    const after_index = cursor.afterIndex;
    cursor.resuming();
    // The next handshake does it.
    if (isWaiting()) return;
    const fail = (error: unknown): void => {
      if (!(error instanceof GatewayError) && isWaiting()) return;
      if (error instanceof GatewayError && error.code === ERRORS.internalError.code && retry) {
        setTimeout(() => stream.open && this.#resume(stream), RESUME_AGAIN_MS);
        return;
      }
      this.streams.drop(stream);
      stream.fail(error);
    };
    const succeed = (result: unknown): void =>
      cursor.resumed((result as Requests['chat.resume']['result']).recovered);
    try {
      caller.call('chat.resume', { message_id, after_index }, { transient: true, succeed, fail });
    } catch (error) {
      fail(error);
    }
  }
}
