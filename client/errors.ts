/** How a call can fail. */
import { type Retry, retryAfterError } from '../schemas/codes.js';

/** The gateway answered with an error: a code of `ERRORS` in schemas/codes.ts, its sentence, its data. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: number;
  /** What the code's row in the table describes; undefined where there is none. */
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** Whether the same call may work later, as the protocol says of this code. */
  get retry(): Retry {
    return retryAfterError(this.code);
  }

  /** How long to wait before the same call, where the gateway says so. */
  get retryAfterMs(): number | undefined {
    const hint = this.data?.retry_after_ms;
    return typeof hint === 'number' && hint >= 0 ? hint : undefined;
  }
}

/** How a connection ended. */
export interface CloseInfo {
  /** RFC 6455 section 7.4; 1006 where no close frame arrived, 4900 where the client itself gave up on the gateway. */
  readonly code: number;
  readonly reason: string;
  /** What a client should do next, as the protocol says of this code and reason. */
  readonly retry: Retry;
}

/** The connection ended, or never came about, before there was an answer. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly close: CloseInfo;

  /** @param options.cause what the socket itself said, where it said something. */
  constructor(close: CloseInfo, options?: ErrorOptions) {
    super(`Connection closed: code=${close.code}, reason=${JSON.stringify(close.reason)}`, options);
    this.close = close;
  }
}

/** The message is larger than the gateway takes; nothing was sent, and the connection goes on. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`The message is larger than the ${limitBytes} bytes that this gateway takes.`);
    this.limitBytes = limitBytes;
  }
}

/** So many calls wait for their answer, or for a connection, that there is no room for another one. */
export class TooManyCallsError extends Error {
  override readonly name = 'TooManyCallsError';

  constructor() {
    super('Too many calls wait for an answer: wait for some of them, or give them a signal that ends them.');
  }
}
