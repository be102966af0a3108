/** A request that may become a WebSocket: everything about it is right, and it waits to hear whether there is room. */
import type { Connection, UserData } from './connection.js';
import type { Refusal } from './upgrade.js';
import type { HttpRequest, HttpResponse, us_socket_context_t } from './uws.js';

/** Answers with a refusal, and ends the connection behind it. */
export const writeRefusal = (res: HttpResponse, { status, header, text }: Refusal): void => {
  res.writeStatus(status);
  if (header !== null) res.writeHeader(...header);
  res.writeHeader('Content-Type', 'text/plain; charset=utf-8').end(`${text}\n`, true);
};

export class Handshake {
  /** The client's address as text. */
  readonly address: string;
  /** The client has gone: there is nobody to answer any more. */
  gone = false;
  readonly #res: HttpResponse;
  readonly #context: us_socket_context_t;
  // The request is no longer there once its handler has returned.
  readonly #key: string;
  readonly #protocol: string;
  readonly #extensions: string;
  readonly #refuse: (refusal: Refusal) => void;
  #isPostponed = false;

  /** @param refuse answers with a refusal, in the request's handler */
  constructor(
    res: HttpResponse,
    req: HttpRequest,
    context: us_socket_context_t,
    address: string,
    refuse: (refusal: Refusal) => void,
  ) {
    this.address = address;
    this.#res = res;
    this.#context = context;
    this.#key = req.getHeader('sec-websocket-key');
    this.#protocol = req.getHeader('sec-websocket-protocol');
    this.#extensions = req.getHeader('sec-websocket-extensions');
    this.#refuse = refuse;
  }

  /**
   * The answer comes after the request's handler has returned, as it must within that without this.
   * @param onGone the client has gone before the answer
   */
  postpone(onGone: () => void): void {
    this.#isPostponed = true;
    this.#res.onAborted(() => {
      this.gone = true;
      onGone();
    });
  }

  /** Must not be called once it is `gone`, and not after {@link refuse}. */
  upgrade(connection: Connection): void {
    if (this.#isPostponed) this.#res.cork(() => this.#upgrade(connection));
    else this.#upgrade(connection);
  }

  #upgrade(connection: Connection): void {
    const userData: UserData = { connection };
    this.#res.upgrade(userData, this.#key, this.#protocol, this.#extensions, this.#context);
  }

  /** Must not be called once it is `gone`, and not after {@link upgrade}. */
  refuse(refusal: Refusal): void {
    if (this.#isPostponed) this.#res.cork(() => writeRefusal(this.#res, refusal));
    else this.#refuse(refusal);
  }
}
