/** How a call can fail. */
import type { Retry } from '../schemas/codes.js';

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
}

/** How a connection ended. */
export interface CloseInfo {
  /** RFC 6455 section 7.4; 1006 where no close frame arrived. */
  readonly code: number;
  readonly reason: string;
  /** What a client should do next; the sentence for it is in `RETRY_RULES`. */
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
