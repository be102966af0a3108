/** One connection, from opening its socket to its end: the handshake, messages as objects, and why it ended. */
import { PROTOCOL, retryAfterClose } from '../schemas/codes.js';
import type { AuthHandshakeParams, AuthHandshakeResult } from '../schemas/generated/client.js';
import { type CloseInfo, ConnectionClosedError, GatewayError } from './errors.js';
import type { ClientSocket, SocketFactory } from './socket.js';

/** What the handshake told: session id, channels, scopes, limits. */
export type Session = AuthHandshakeResult;
export type Message = Readonly<Record<string, unknown>>;

export interface ConnectionOptions {
  readonly open: SocketFactory;
  readonly handshake: AuthHandshakeParams;
  /** From opening the socket to the end of the handshake. */
  readonly timeoutMs: number;
  /** The handshake succeeded; what its answer brings comes after this returns. */
  readonly onOpen: (session: Session) => void;
  readonly onMessage: (message: Message) => void;
  /** It has ended, or never came about: called once, and nothing after it. */
  readonly onEnd: (error: GatewayError | ConnectionClosedError) => void;
}

/** Private use (RFC 6455 section 7.4.2): a browser allows a client no other code but 1000. */
const CLIENT_FAULT = 4900;
const NO_CLOSE_FRAME = 1006;
/** The other side answers a close frame, where it is still there. */
const CLOSE_PATIENCE_MS = 2000;
const HANDSHAKE_ID = 1;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An error answer as an exception. */
export const errorOf = ({ code, message, data }: Record<string, unknown>): GatewayError =>
  new GatewayError(Number(code), String(message), isRecord(data) ? data : undefined);

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: ClientSocket;
  session: Session | null = null;
  /** The handshake went out: the gateway may have done what it says. */
  greeted = false;
  #ended = false;
  #timer: ReturnType<typeof setTimeout>;

  /** @throws what `open` throws */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    const socket = options.open();
    this.#socket = socket;
    let cause: unknown;
    socket.onerror = ({ error }) => {
      cause = error;
    };
    socket.onopen = () => {
      this.greeted = true;
      this.send(
        JSON.stringify({
          jsonrpc: '2.0',
          method: 'auth.handshake',
          params: options.handshake,
          id: HANDSHAKE_ID,
        }),
      );
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason, cause);
    this.#timer = setTimeout(() => this.fault('The gateway took too long to answer'), options.timeoutMs);
  }

  /** Sends a message, where there is still a connection. */
  send(text: string): void {
    if (!this.#ended) this.#socket.send(text);
  }

  /** The largest message that the gateway takes. */
  get maxMessageBytes(): number {
    return this.session?.limits.max_message_bytes ?? PROTOCOL.maxUnauthenticatedMessageBytes;
  }

  /** Says goodbye; the end comes with the gateway's answer, or without one soon. */
  close(): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#socket.close(1000);
    this.#timer = setTimeout(() => {
      this.#closed(1000, '');
      this.#socket.terminate?.();
    }, CLOSE_PATIENCE_MS);
  }

  /** The other side breaks the protocol, or is silent: nothing it says can be relied on any more. */
  fault(sentence: string): void {
    if (this.#ended) return;
    this.#closed(CLIENT_FAULT, sentence);
    this.#drop(sentence);
  }

  /** Nobody answers: as if the network had said so. */
  lost(): void {
    this.#closed(NO_CLOSE_FRAME, '');
    this.#drop('');
  }

  #drop(reason: string): void {
    this.#socket.close(CLIENT_FAULT, reason);
    this.#socket.terminate?.();
  }

  #closed(code: number, reason: string, cause?: unknown): void {
    const close: CloseInfo = { code, reason, retry: retryAfterClose(code, reason) };
    this.#end(new ConnectionClosedError(close, cause === undefined ? {} : { cause }));
  }

  #end(error: GatewayError | ConnectionClosedError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#options.onEnd(error);
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      message = null;
    }
    if (!isRecord(message)) this.fault('The gateway sent something that is not JSON-RPC');
    else if (this.session !== null) this.#options.onMessage(message);
    else if (message.id === HANDSHAKE_ID) this.#greetedBack(message);
  }

  #greetedBack({ result, error }: Message): void {
    if (isRecord(error)) {
      this.#end(errorOf(error));
      this.#socket.close(1000);
    } else if (isRecord(result)) {
      clearTimeout(this.#timer);
      this.session = result as Session;
      this.#options.onOpen(this.session);
    } else this.fault('The gateway sent something that is not JSON-RPC');
  }
}
