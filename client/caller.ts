/** Calls on their way: sent in order and as fast as the gateway allows, answered, and sent again where that is the rule. */
import { ERRORS } from '../schemas/codes.js';
import type { CallOptions } from '../schemas/generated/client.js';
import { type Call, Calls } from './calls.js';
import { type Connection, errorOf, isRecord, type Message, type Session } from './connection.js';
import { MessageTooLargeError } from './errors.js';
import { Pace } from './pace.js';

export interface CallerOptions {
  readonly maxCalls: number;
  readonly maxCallChars: number;
  /** Whether to keep to the rate limit, and to send again what was refused unseen. */
  readonly retry: boolean;
  /** The connection, where it is open. */
  readonly connection: () => Connection | null;
  /** A call was answered with a result; before its caller learns of it. */
  readonly onAnswered: (method: string, params: object, result: unknown) => void;
}

export interface CallHooks {
  /** Whether it belongs to this connection: it goes before the others, and never on another one. */
  readonly transient?: boolean;
  readonly succeed: (result: unknown, call: Call) => void;
  readonly fail: (error: unknown) => void;
}

export class Caller {
  readonly #options: CallerOptions;
  readonly #calls: Calls;
  #pace: Pace | null = null;
  #maxMessageBytes = Number.POSITIVE_INFINITY;
  /** Why later calls fail. */
  #ending: unknown = null;
  /** What a new connection itself needs comes before everything that waits. */
  #isOpening = false;
  /** The handshake has the first. */
  #lastId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#calls = new Calls(options.maxCalls, options.maxCallChars);
  }

  /** @throws MessageTooLargeError and TooManyCallsError; why there is no connection any more */
  call(method: string, params: object, { transient = false, succeed, fail }: CallHooks): Call {
    if (this.#ending !== null) throw this.#ending;
    this.#lastId += 1;
    const id = this.#lastId;
    const call: Call = {
      id,
      method,
      text: JSON.stringify({ jsonrpc: '2.0', method, params, id }),
      transient,
      succeed: (result) => {
        this.#options.onAnswered(method, params, result);
        succeed(result, call);
      },
      fail,
      doubtful: false,
    };
    this.#checkSize(call.text);
    this.#calls.add(call);
    this.#flush();
    return call;
  }

  /** The same as a promise, which rejects with what {@link call} throws, the gateway's error, or the signal's reason. */
  request<R>(method: string, params: object, { signal }: CallOptions): Promise<R> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason;
      const call = this.call(method, params, {
        succeed: (result) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(result as R);
        },
        fail: (error) => {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      });
      const giveUp = (): void => {
        this.#calls.take(call.id);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Takes back a call that nobody has heard of. False where somebody may have. */
  withdraw(call: Call): boolean {
    return this.#calls.isUnsent(call) && this.#calls.take(call.id) !== undefined;
  }

  answered(id: number, message: Message): void {
    this.#pace?.answered(id, performance.now());
    this.#settle(id, message);
    // There may be room for another one.
    if (this.#calls.hasNext) this.#flush();
  }

  #settle(id: number, { result, error }: Message): void {
    if (!isRecord(error)) {
      this.#calls.take(id)?.succeed(result);
      return;
    }
    const call = this.#calls.get(id);
    if (call === undefined) return;
    const failure = errorOf(error);
    if (this.#pace !== null) {
      // Neither was looked at: it is the same as not having been sent. The one goes to the next gateway.
      if (failure.code === ERRORS.shuttingDown.code) return;
      if (failure.code === ERRORS.rateLimited.code && failure.retryAfterMs !== undefined) {
        this.#pace.hold(performance.now() + failure.retryAfterMs);
        this.#calls.waitAgain(call);
        return;
      }
    }
    this.#calls.take(id);
    call.fail(failure);
  }

  /**
   * There is a connection. What waits goes out once `prepare` has made its own calls.
   *
   * @param isResuming whether its handshake counts as a message
   */
  opened({ limits }: Session, isResuming: boolean, prepare: () => void): void {
    this.#maxMessageBytes = limits.max_message_bytes;
    const { messages_per_second: perSecond, burst_size: burst } = limits;
    this.#pace = this.#options.retry
      ? new Pace(perSecond, burst, performance.now(), isResuming ? 1 : 0)
      : null;
    this.#isOpening = true;
    prepare();
    this.#isOpening = false;
    this.#flush();
  }

  /** It is gone, and another one will come. */
  lost(error: unknown): void {
    clearTimeout(this.#timer);
    this.#calls.connectionLost(error);
  }

  /** It is gone, and so is every call. */
  over(error: unknown): void {
    clearTimeout(this.#timer);
    this.#ending = error;
    this.#calls.failAll(error);
  }

  #checkSize(text: string): void {
    const limitBytes = this.#maxMessageBytes;
    // A UTF-16 unit takes at most three bytes of UTF-8: most messages need no exact count.
    if (text.length * 3 > limitBytes && new TextEncoder().encode(text).length > limitBytes) {
      throw new MessageTooLargeError(limitBytes);
    }
  }

  #flush(): void {
    if (this.#isOpening) return;
    clearTimeout(this.#timer);
    for (;;) {
      const connection = this.#options.connection();
      if (connection === null || !this.#calls.hasNext) return;
      const nowMs = performance.now();
      const waitMs = this.#pace?.waitMs(nowMs) ?? 0;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      const call = this.#calls.next();
      if (call === undefined) return;
      this.#pace?.sent(call.id, nowMs);
      connection.send(call.text);
    }
  }
}
