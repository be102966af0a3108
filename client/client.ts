/**
 * The client of a gateway: one connection, its requests, notifications and replies. It runs wherever
 * there is a WebSocket; which one is the caller's choice ({@link SocketFactory}).
 */
import { PROTOCOL, retryAfterClose } from '../schemas/codes.js';
import type { ClientMethod, Notified, Params, Result, ServerNotification } from '../schemas/methods.js';
import { type CloseInfo, ConnectionClosedError, GatewayError, MessageTooLargeError } from './errors.js';
import { Reply } from './reply.js';
import type { ClientSocket, SocketFactory } from './socket.js';

export interface ConnectOptions {
  readonly open: SocketFactory;
  readonly token: string;
  /** 1–128 of `[A-Za-z0-9._:-]`; names this client to others on the channel. */
  readonly clientId: string;
  readonly clientVersion: string;
  /** From opening the socket to the end of the handshake. 10 000. */
  readonly timeoutMs?: number;
}

/** What the handshake told. */
export type Session = Result<'auth.handshake'>;

type Listener<N extends ServerNotification> = (params: Notified<N>) => void;

interface Pending {
  readonly succeed: (result: unknown) => void;
  readonly fail: (error: Error) => void;
}

/** Private use (RFC 6455 section 7.4.2): a browser allows a client no other code but 1000. */
const CLIENT_FAULT_CLOSE = 4900;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An authenticated connection to a gateway. */
export class GatewayClient {
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<CloseInfo>;
  readonly #socket: ClientSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<ServerNotification, Set<(params: never) => void>>();
  /** Replies that have not ended, by message id. */
  readonly #replies = new Map<string, Reply>();
  #session: Session | null = null;
  #lastId = 0;
  /** Set once the connection has ended: why later calls fail. */
  #ending: ConnectionClosedError | null = null;
  #settleClosed: (info: CloseInfo) => void = () => {};

  /**
   * Opens a connection and authenticates.
   *
   * @throws GatewayError where the gateway refuses the token (4011); ConnectionClosedError where it cannot be
   *   reached, closes, or takes longer than `timeoutMs`; whatever `open` throws.
   */
  static async connect(options: ConnectOptions): Promise<GatewayClient> {
    const client = new GatewayClient(options.open());
    const timer = setTimeout(
      () => client.#fault('The gateway took too long to answer'),
      options.timeoutMs ?? 10_000,
    );
    try {
      await new Promise<void>((resolve) => {
        client.#socket.onopen = () => resolve();
        void client.closed.then(() => resolve());
      });
      client.#session = await client.request('auth.handshake', {
        client_id: options.clientId,
        client_version: options.clientVersion,
        token: options.token,
      });
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(socket: ClientSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    let cause: unknown;
    socket.onerror = ({ error }) => {
      cause = error;
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => {
      this.#end({ code, reason, retry: retryAfterClose(code, reason) }, cause);
    };
  }

  /** What the handshake told: session id, channels, scopes, limits. */
  get session(): Session {
    // connect() hands out no client before the handshake.
    return this.#session as Session;
  }

  /**
   * Calls a method.
   *
   * @throws GatewayError with the gateway's code; MessageTooLargeError, with nothing sent; ConnectionClosedError.
   */
  request<M extends ClientMethod>(method: M, params: Params<M>): Promise<Result<M>> {
    return new Promise((resolve, reject) => {
      this.#call(method, params, { succeed: (result) => resolve(result as Result<M>), fail: reject });
    });
  }

  /** Sends a chat message and resolves, once it is stored, with the reply that will stream in. Throws like {@link request}. */
  chat(params: Params<'chat.send'>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const succeed = (result: unknown) => {
        const reply = new Reply(result as Result<'chat.send'>);
        // Here and not behind a promise: the first frame may come with the same bytes.
        this.#replies.set(reply.messageId, reply);
        resolve(reply);
      };
      this.#call('chat.send', params, { succeed, fail: reject });
    });
  }

  /**
   * Calls `listener` with the params of every notification `name`, in order of arrival. Heartbeats are answered
   * when their listeners have returned; one that carries notifications only where there is a listener, because the
   * answer settles them.
   *
   * @returns the function that takes the listener away.
   */
  on<N extends ServerNotification>(name: N, listener: Listener<N>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Ends the connection; {@link closed} tells when it has ended. Harmless twice. */
  close(): void {
    this.#socket.close(1000);
  }

  #call(method: ClientMethod, params: unknown, pending: Pending): void {
    if (this.#ending !== null) {
      pending.fail(this.#ending);
      return;
    }
    const id = ++this.#lastId;
    try {
      this.#send({ jsonrpc: '2.0', method, params, id });
      this.#pending.set(id, pending);
    } catch (error) {
      pending.fail(error as Error);
    }
  }

  #send(message: object): void {
    const text = JSON.stringify(message);
    const limitBytes = this.#session?.limits.max_message_bytes ?? PROTOCOL.maxUnauthenticatedMessageBytes;
    // A UTF-16 unit takes at most three bytes of UTF-8: most messages need no exact count.
    if (text.length * 3 > limitBytes && new TextEncoder().encode(text).length > limitBytes) {
      throw new MessageTooLargeError(limitBytes);
    }
    this.#socket.send(text);
  }

  #receive(data: unknown): void {
    if (this.#ending !== null) return;
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      message = null;
    }
    if (!isRecord(message)) this.#fault('The gateway sent something that is not JSON-RPC');
    else if (typeof message.method === 'string' && isRecord(message.params)) {
      this.#notified(message.method as ServerNotification, message.params);
    } else if (typeof message.id === 'number') this.#answered(message.id, message);
    // With `id: null` the gateway could not tell whose error it is; where it matters, a close frame follows.
    else if (!isRecord(message.error)) this.#fault('The gateway sent something that is not JSON-RPC');
  }

  #answered(id: number, { result, error }: Record<string, unknown>): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (isRecord(error)) {
      const data = isRecord(error.data) ? error.data : undefined;
      pending?.fail(new GatewayError(Number(error.code), String(error.message), data));
    } else pending?.succeed(result);
  }

  #notified(name: ServerNotification, params: Record<string, unknown>): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(params as never);
    if (name === 'chat.stream') this.#streamed(params as Params<'chat.stream'>);
    else if (name === 'chat.complete') this.#completed(params as Params<'chat.complete'>);
    else if (name === 'heartbeat.ping') this.#pinged(params as Params<'heartbeat.ping'>);
  }

  #pinged({ seq, notifications }: Params<'heartbeat.ping'>): void {
    // What nobody listens for would be settled without anybody having seen it.
    if (notifications.length > 0 && !this.#listeners.get('heartbeat.ping')?.size) return;
    this.#send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq } });
  }

  #streamed(frame: Params<'chat.stream'>): void {
    const reply = this.#replies.get(frame.message_id);
    if (reply !== undefined && !reply.push(frame))
      this.#fault('The frames of a reply do not follow each other');
  }

  #completed(completion: Params<'chat.complete'>): void {
    const reply = this.#replies.get(completion.message_id);
    this.#replies.delete(completion.message_id);
    reply?.complete(completion);
  }

  /** The other side breaks the protocol: nothing it says can be relied on any more. */
  #fault(sentence: string): void {
    this.#end({ code: CLIENT_FAULT_CLOSE, reason: sentence, retry: 'back-off' });
    this.#socket.close(CLIENT_FAULT_CLOSE, sentence);
  }

  #end(info: CloseInfo, cause?: unknown): void {
    if (this.#ending !== null) return;
    const ending = new ConnectionClosedError(info, cause === undefined ? {} : { cause });
    this.#ending = ending;
    this.#settleClosed(info);
    for (const { fail } of this.#pending.values()) fail(ending);
    for (const reply of this.#replies.values()) reply.fail(ending);
  }
}
