/** A gateway as a client sees it: calls, replies and events, over however many connections it takes. */
import { ERRORS } from '../schemas/codes.js';
import { CALLABLE, type CallOptions, type Requests, type ServerEvents } from '../schemas/generated/client.js';
import { VERSION } from '../schemas/version.js';
import { type Call, Calls } from './calls.js';
import { errorOf, isRecord, type Message, type Session } from './connection.js';
import { type CloseInfo, GatewayError, MessageTooLargeError } from './errors.js';
import { Emitter } from './events.js';
import { Link, type LinkError } from './link.js';
import { Notices } from './notices.js';
import type { ClientEvents, ConnectOptions } from './options.js';
import { Pace } from './pace.js';
import { Places } from './places.js';
import { Reply } from './reply.js';
import type { ReplyStream } from './reply-stream.js';
import { type ChatSendOptions, sendParams } from './send.js';
import type { SocketFactory } from './socket.js';
import { Streams } from './streams.js';

/** What was running in a channel already when it was followed. */
type Missed = Pick<Requests['channel.subscribe']['result'], 'streams'>;
type State = ClientEvents['state']['state'];

interface CallHooks {
  readonly transient?: boolean;
  readonly succeed: (result: unknown, call: Call) => void;
  readonly fail: (error: unknown) => void;
}

/** When the gateway has said nothing of a reply that a handshake resumed, it is asked for by itself: perhaps it is gone. */
const CONFIRM_MS = 5000;
/** After an internal error of the gateway. */
const RESUME_AGAIN_MS = 1000;

/** Made by `connect`. */
export class GatewayClient {
  /** Resolves when the last connection has ended and no other will come. */
  readonly closed: Promise<CloseInfo>;
  readonly #options: ConnectOptions;
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #streams: Streams;
  readonly #places = new Places();
  readonly #events = new Emitter<ClientEvents>();
  readonly #notices: Notices;
  #pace: Pace | null = null;
  #session: Session | null = null;
  #state: State = 'connecting';
  /** What the connection itself needs comes before everything that waits. */
  #isOpening = false;
  /** Why later calls fail. */
  #ending: LinkError | null = null;
  /** The handshake has the first. */
  #lastId = 1;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;
  #settleClosed: (close: CloseInfo) => void = () => {};

  constructor(options: ConnectOptions, open: SocketFactory) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#calls = new Calls(options.maxCalls ?? 1024, options.maxCallChars ?? 16 * 1024 * 1024);
    this.#streams = new Streams({
      maxUnreadChars: options.maxUnreadChars ?? 1024 * 1024,
      onForeign: (stream) => this.#foreign(stream),
      resume: (stream) => this.#resume(stream),
    });
    this.#notices = new Notices(this.#events, (seq) => this.#pong(seq));
    const retry = options.retry ?? true;
    this.#link = new Link({
      open,
      identity: {
        client_id: options.clientId,
        client_version: options.clientVersion ?? VERSION,
        token: options.token,
      },
      session: options.session,
      timeoutMs: options.timeoutMs ?? 10_000,
      retry,
      retryFirst: retry && (options.retryFirst ?? false),
      backOff: { firstMs: options.backOff?.firstMs ?? 500, mostMs: options.backOff?.mostMs ?? 30_000 },
      streams: () => this.#streams.forHandshake(),
      onConnecting: () => this.#changed({ state: 'connecting' }),
      onOpen: (session) => this.#opened(session),
      onMessage: (message) => this.#received(message),
      onLost: (error, delayMs) => {
        this.#disconnected();
        this.#calls.connectionLost(error);
        this.#changed({ state: 'waiting', delayMs, error });
      },
      onOver: (error, close) => this.#over(error, close),
    });
  }

  /** What the last handshake told: session id, channels, scopes, limits. */
  get session(): Session {
    // `connect` hands out no client before the first one.
    return this.#session as Session;
  }

  get state(): State {
    return this.#state;
  }

  /** Opens the first connection. Rejects with why there is none. */
  async connect(): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => this.close(), { once: true });
    const opened = new Promise<void>((resolve) => {
      const stop = this.on('state', ({ state }) => {
        if (state !== 'open' && state !== 'closed') return;
        stop();
        resolve();
      });
    });
    this.#link.connect();
    await opened;
    signal?.throwIfAborted();
    if (this.#ending !== null) throw this.#ending;
  }

  /**
   * Calls a method.
   *
   * @throws GatewayError with the gateway's code; MessageTooLargeError and TooManyCallsError, with nothing sent;
   *   ConnectionClosedError; the signal's reason.
   */
  request<M extends keyof Requests>(
    method: M,
    params: Requests[M]['params'],
    { signal }: CallOptions = {},
  ): Promise<Requests[M]['result']> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason;
      const call = this.#call(method, params, {
        succeed: (result) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(result as Requests[M]['result']);
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

  /** `chat.send`: the reply can be read at once, and its text comes as it is said. Its failures are those of {@link request}. */
  send(message: string | Requests['chat.send']['params'], options: ChatSendOptions = {}): Reply {
    const { signal } = options;
    const { params, isRepeat } = sendParams(message, options, this.#options.retry ?? true);
    const stream = this.#streams.create();
    if (signal?.aborted) {
      stream.fail(signal.reason);
      return new Reply(stream, () => Promise.resolve(false));
    }
    let call: Call | undefined;
    try {
      call = this.#call('chat.send', params, {
        succeed: (result, { doubtful }) => {
          const { message_id: id, channel } = result as Requests['chat.send']['result'];
          if (this.#streams.add(stream, id, channel) && (doubtful || isRepeat)) this.#resume(stream);
        },
        fail: (error) => stream.refused(error),
      });
    } catch (error) {
      stream.refused(error);
    }
    return this.#replyOf(stream, call, options);
  }

  /**
   * The reply to a message that was sent elsewhere or earlier, from its beginning: such as those in `streams` of an
   * answer. Fails where it is not known, with GatewayError 4041.
   */
  follow(messageId: string, options: CallOptions = {}): Reply {
    const stream = this.#streams.create();
    if (this.#streams.add(stream, messageId, '')) this.#resume(stream);
    return this.#replyOf(stream, undefined, options);
  }

  /**
   * Calls `listener` with every event of that name, in order of arrival.
   *
   * @returns the function that takes the listener away, as its signal does
   */
  on<N extends keyof ClientEvents>(
    name: N,
    listener: (event: ClientEvents[N]) => void,
    options?: CallOptions,
  ): () => void {
    const stop = this.#events.on(name, listener, options);
    this.#notices.listenersChanged();
    return stop;
  }

  /** Ends the connection for good. What has no answer yet fails. Harmless twice. */
  close(): Promise<CloseInfo> {
    this.#link.close();
    return this.closed;
  }

  // --- calls -----------------------------------------------------------------------------

  #call(method: string, params: object, { transient = false, succeed, fail }: CallHooks): Call {
    if (this.#ending !== null) throw this.#ending;
    this.#lastId += 1;
    const id = this.#lastId;
    const call: Call = {
      id,
      method,
      text: JSON.stringify({ jsonrpc: '2.0', method, params, id }),
      transient,
      succeed: (result) => {
        this.#places.answered(method, params, result);
        succeed(result, call);
        const { channel_id } = params as { channel_id?: string };
        if (method === 'channel.unsubscribe' && channel_id !== undefined)
          this.#streams.unfollowed(channel_id);
      },
      fail,
      doubtful: false,
    };
    this.#checkSize(call.text);
    this.#calls.add(call);
    this.#flush();
    return call;
  }

  #checkSize(text: string): void {
    const limitBytes = this.#session?.limits.max_message_bytes ?? Number.POSITIVE_INFINITY;
    // A UTF-16 unit takes at most three bytes of UTF-8: most messages need no exact count.
    if (text.length * 3 > limitBytes && new TextEncoder().encode(text).length > limitBytes) {
      throw new MessageTooLargeError(limitBytes);
    }
  }

  /** Sends what waits, as fast as the gateway allows. */
  #flush(): void {
    if (this.#isOpening) return;
    clearTimeout(this.#flushTimer);
    for (;;) {
      const { connection } = this.#link;
      if (connection === null || !this.#calls.hasNext) return;
      const nowMs = performance.now();
      const waitMs = this.#pace?.waitMs(nowMs) ?? 0;
      if (waitMs > 0) {
        this.#flushTimer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      const call = this.#calls.next();
      if (call === undefined) return;
      this.#pace?.spend(nowMs);
      connection.send(call.text);
    }
  }

  #answered(id: number, { result, error }: Message): void {
    if (!isRecord(error)) {
      this.#calls.take(id)?.succeed(result);
      return;
    }
    const failure = errorOf(error);
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (this.#pace !== null) {
      // Neither was looked at: it is the same as not having been sent.
      if (failure.code === ERRORS.shuttingDown.code) return;
      if (failure.code === ERRORS.rateLimited.code && failure.retryAfterMs !== undefined) {
        this.#pace.hold(performance.now() + failure.retryAfterMs);
        this.#calls.waitAgain(call);
        this.#flush();
        return;
      }
    }
    this.#calls.take(id);
    call.fail(failure);
  }

  // --- replies ---------------------------------------------------------------------------

  #replyOf(stream: ReplyStream, call: Call | undefined, { signal }: CallOptions): Reply {
    const cancel = async (): Promise<boolean> => {
      if (!stream.open || stream.completed !== null) return false;
      if (call !== undefined && this.#calls.isUnsent(call)) {
        // Nobody has heard of it, and nobody will.
        this.#calls.take(call.id);
        stream.refused(new DOMException('The message was cancelled before it was sent.', 'AbortError'));
        return true;
      }
      const message_id = await stream.accepted;
      return (await this.request('chat.cancel', { message_id })).cancelled;
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

  #foreign(stream: ReplyStream): void {
    if (!this.#events.has('reply')) return;
    stream.keep();
    this.#events.emit('reply', this.#replyOf(stream, undefined, {}));
  }

  /** Asks for what follows what is held of a reply. */
  #resume(stream: ReplyStream): void {
    const { cursor, id: message_id } = stream;
    const after_index = cursor.afterIndex;
    cursor.resuming();
    // Otherwise the next handshake does.
    if (this.#link.connection === null && this.#ending === null) return;
    const fail = (error: unknown): void => {
      if (!(error instanceof GatewayError) && this.#ending === null) return;
      if (error instanceof GatewayError && error.code === ERRORS.internalError.code && this.#pace !== null) {
        setTimeout(() => stream.open && this.#resume(stream), RESUME_AGAIN_MS);
        return;
      }
      this.#streams.drop(stream);
      stream.fail(error);
    };
    const succeed = (result: unknown): void =>
      cursor.resumed((result as Requests['chat.resume']['result']).recovered);
    try {
      this.#call('chat.resume', { message_id, after_index }, { transient: true, succeed, fail });
    } catch (error) {
      fail(error);
    }
  }

  // --- the connection --------------------------------------------------------------------

  #opened(session: Session): void {
    const isFirst = this.#session === null;
    this.#session = session;
    const { messages_per_second: perSecond, burst_size: burst } = session.limits;
    if (this.#options.retry ?? true)
      this.#pace = new Pace(
        perSecond,
        burst,
        performance.now(),
        isFirst && this.#options.session === undefined ? 0 : 1,
      );
    this.#isOpening = true;
    const resumed = this.#streams.reconnected(session.resumed);
    this.#restore(isFirst, session.resumed);
    // On the first connection its caller says what is of interest.
    if (!isFirst) this.#streams.missed(session.streams);
    this.#isOpening = false;
    this.#confirmTimer = setTimeout(() => {
      for (const stream of resumed) if (stream.open && stream.cursor.fresh) this.#resume(stream);
    }, CONFIRM_MS);
    this.#changed({ state: 'open', session });
    this.#flush();
  }

  #restore(isFirst: boolean, isResumed: boolean): void {
    if (isFirst && isResumed) {
      // Somebody else's memory: what it followed is to be learned.
      this.#restoration('channel.list', {}, (result) =>
        this.#places.learn(result as Requests['channel.list']['result']),
      );
      return;
    }
    for (const { method, params } of this.#places.restorations(isResumed)) {
      this.#restoration(method, params, (result) => this.#streams.missed((result as Missed).streams));
    }
  }

  #restoration(method: keyof Requests, params: object, succeed: (result: unknown) => void): void {
    const fail = (error: unknown): void => {
      const { channel_id } = params as { channel_id?: string };
      const isGone = error instanceof GatewayError && error.code === ERRORS.channelNotFound.code;
      if (isGone && channel_id !== undefined) this.#places.gone(channel_id);
    };
    this.#call(method, params, { transient: true, succeed, fail });
  }

  #disconnected(): void {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#confirmTimer);
    this.#notices.disconnected();
  }

  #over(error: LinkError, close: CloseInfo): void {
    this.#ending = error;
    this.#disconnected();
    this.#calls.failAll(error);
    this.#streams.failAll(error);
    this.#changed({ state: 'closed', close });
    this.#settleClosed(close);
  }

  #changed(event: ClientEvents['state']): void {
    this.#state = event.state;
    this.#events.emit('state', event);
  }

  #pong(seq: number): void {
    const load = this.#options.load?.();
    const params = { seq, ...(load === undefined ? {} : { client_load: load }) };
    this.#link.connection?.send(JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat.pong', params }));
  }

  #received(message: Message): void {
    const { method, params, id, error } = message;
    if (typeof method === 'string' && isRecord(params)) {
      this.#notified(method as keyof ServerEvents, params as never);
    } else if (typeof id === 'number') this.#answered(id, message);
    // With `id: null` the gateway could not tell whose error it is; where it matters, a close frame follows.
    else if (!isRecord(error)) this.#fault('The gateway sent something that is not JSON-RPC');
  }

  #fault(sentence: string): void {
    this.#link.connection?.fault(sentence);
  }

  #notified<N extends keyof ServerEvents>(name: N, params: ServerEvents[N]): void {
    switch (name) {
      case 'chat.stream': {
        const frame = this.#streams.frame(params as ServerEvents['chat.stream']);
        if (frame === undefined) this.#fault('The frames of a reply do not follow each other');
        else if (frame !== null) this.#events.emit('chat.stream', frame);
        return;
      }
      case 'chat.complete':
        if (!this.#streams.complete(params as ServerEvents['chat.complete'])) return;
        break;
      case 'chat.message':
        this.#streams.heard(params as ServerEvents['chat.message']);
        break;
      case 'channel.changed': {
        const { change, channel_id } = params as ServerEvents['channel.changed'];
        if (change === 'deleted') this.#places.gone(channel_id);
        break;
      }
    }
    this.#events.emit(name, params as ClientEvents[N]);
    if (name === 'heartbeat.ping') this.#notices.pinged(params as ServerEvents['heartbeat.ping']);
  }
}

/** Every method that can be called, by prefix: each calls {@link GatewayClient.request}. */
export const methodsOf = (client: GatewayClient): Record<string, Record<string, unknown>> => {
  const prefixes: Record<string, Record<string, unknown>> = {};
  for (const name of CALLABLE as readonly (keyof Requests)[]) {
    const [prefix = '', method = ''] = name.split('.');
    const methods = prefixes[prefix] ?? {};
    prefixes[prefix] = methods;
    methods[method] = (params: never = {} as never, options?: CallOptions) =>
      client.request(name, params, options);
  }
  return prefixes;
};
