/** A gateway as a client sees it: calls, replies and events, over however many connections it takes. */
import { ERRORS } from '../schemas/codes.js';
import type { CallOptions, Requests, ServerEvents } from '../schemas/generated/client.js';
import { VERSION } from '../schemas/version.js';
import { Caller } from './caller.js';
import { isRecord, type Message, type Session } from './connection.js';
import { type CloseInfo, GatewayError } from './errors.js';
import { Emitter } from './events.js';
import { Link, type LinkError } from './link.js';
import { Notices } from './notices.js';
import type { ClientEvents, ConnectOptions } from './options.js';
import { Places } from './places.js';
import { Replies } from './replies.js';
import type { SocketFactory } from './socket.js';

type State = ClientEvents['state']['state'];
/** What was running in a channel already when it was followed. */
type Missed = Pick<Requests['channel.subscribe']['result'], 'streams'>;

const MIB = 1024 * 1024;

/** Made by `connect`. */
export class GatewayClient {
  /** Resolves when the last connection has ended and no other will come. */
  readonly closed: Promise<CloseInfo>;
  readonly replies: Replies;
  readonly #options: ConnectOptions;
  readonly #link: Link;
  readonly #caller: Caller;
  readonly #places = new Places();
  readonly #events = new Emitter<ClientEvents>();
  readonly #notices: Notices;
  #session: Session | null = null;
  #state: State = 'connecting';
  #ending: LinkError | null = null;
  #settleClosed: (close: CloseInfo) => void = () => {};

  constructor(options: ConnectOptions, open: SocketFactory) {
    this.#options = options;
    if (options.onState !== undefined) this.#events.on('state', options.onState);
    const { retry = true, retryFirst = false, clientId, clientVersion = VERSION, token, backOff } = options;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#caller = new Caller({
      maxCalls: options.maxCalls ?? 1024,
      maxCallChars: options.maxCallChars ?? 16 * MIB,
      retry,
      connection: () => this.#link.connection,
      onAnswered: (method, params, result) => this.#answered(method, params, result),
    });
    this.replies = new Replies({
      caller: this.#caller,
      maxUnreadChars: options.maxUnreadChars ?? MIB,
      retry,
      isWaiting: () => this.#link.connection === null && this.#ending === null,
      onForeign: () => (this.#events.has('reply') ? (reply) => this.#events.emit('reply', reply) : null),
    });
    this.#notices = new Notices(this.#events, (seq, settles) => this.#pong(seq, settles));
    this.#link = new Link({
      open,
      identity: { client_id: clientId, client_version: clientVersion, token },
      session: options.session,
      timeoutMs: options.timeoutMs ?? 10_000,
      retry,
      retryFirst: retry && retryFirst,
      backOff: { firstMs: backOff?.firstMs ?? 500, mostMs: backOff?.mostMs ?? 30_000 },
      streams: () => this.replies.streams.forHandshake(),
      onConnecting: () => this.#changed({ state: 'connecting' }),
      onOpen: (session) => this.#opened(session),
      onMessage: (message) => this.#received(message),
      onLost: (error, delayMs) => this.#lost(error, delayMs),
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
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    const settled = new Promise<void>((resolve) => {
      const stop = this.on('state', ({ state }) => {
        if (state !== 'open' && state !== 'closed') return;
        stop();
        resolve();
      });
    });
    this.#link.connect();
    await settled;
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
    options: CallOptions = {},
  ): Promise<Requests[M]['result']> {
    return this.#caller.request(method, params, options);
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

  /** Tries to connect at once, where it waits to do so; otherwise nothing happens. */
  retryNow(): void {
    this.#link.retryNow();
  }

  /** Ends the connection for good. What has no answer yet fails. Harmless twice. */
  close(): Promise<CloseInfo> {
    this.#link.close();
    return this.closed;
  }

  // --- the connection --------------------------------------------------------------------

  #opened(session: Session): void {
    const isFirst = this.#session === null;
    this.#session = session;
    const isResuming = !isFirst || this.#options.session !== undefined;
    this.#caller.opened(session, isResuming, () => {
      this.replies.opened(session, isFirst);
      this.#restore(isFirst, session.resumed);
      this.#changed({ state: 'open', session });
    });
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
      this.#restoration(method, params, (result) => this.replies.streams.missed((result as Missed).streams));
    }
  }

  #restoration(method: keyof Requests, params: object, succeed: (result: unknown) => void): void {
    const fail = (error: unknown): void => {
      const { channel_id } = params as { channel_id?: string };
      const isGone = error instanceof GatewayError && error.code === ERRORS.channelNotFound.code;
      if (isGone && channel_id !== undefined) this.#places.gone(channel_id);
    };
    this.#caller.call(method, params, { transient: true, succeed, fail });
  }

  #lost(error: LinkError, delayMs: number): void {
    this.replies.disconnected();
    this.#notices.disconnected();
    this.#caller.lost(error);
    this.#changed({ state: 'waiting', delayMs, error, retryNow: () => this.retryNow() });
  }

  #over(error: LinkError, close: CloseInfo): void {
    this.#ending = error;
    this.replies.disconnected();
    this.#notices.disconnected();
    this.#caller.over(error);
    this.replies.streams.failAll(error);
    this.#changed({ state: 'closed', close });
    this.#settleClosed(close);
  }

  #changed(event: ClientEvents['state']): void {
    this.#state = event.state;
    this.#events.emit('state', event);
  }

  // --- what comes ------------------------------------------------------------------------

  #answered(method: string, params: object, result: unknown): void {
    this.#places.answered(method, params, result);
    const { channel_id } = params as { channel_id?: string };
    if (method === 'channel.unsubscribe' && channel_id !== undefined) {
      this.replies.streams.unfollowed(channel_id);
    }
  }

  #pong(seq: number, settles: boolean): void {
    const load = this.#options.load?.();
    const params = {
      seq,
      ...(load === undefined ? {} : { client_load: load }),
      ...(settles ? {} : { settle: false }),
    };
    this.#link.connection?.send(JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat.pong', params }));
  }

  #received(message: Message): void {
    const { method, params, id, error } = message;
    if (typeof method === 'string' && isRecord(params)) {
      this.#notified(method as keyof ServerEvents, params as never);
    } else if (typeof id === 'number') this.#caller.answered(id, message);
    // With `id: null` the gateway could not tell whose error it is; where it matters, a close frame follows.
    else if (!isRecord(error)) this.#fault('The gateway sent something that is not JSON-RPC');
  }

  #fault(sentence: string): void {
    this.#link.connection?.fault(sentence);
  }

  #notified<N extends keyof ServerEvents>(name: N, params: ServerEvents[N]): void {
    const { streams } = this.replies;
    switch (name) {
      case 'chat.stream': {
        const frame = streams.frame(params as ServerEvents['chat.stream']);
        if (frame === undefined) this.#fault('The frames of a reply do not follow each other');
        else if (frame !== null) this.#events.emit('chat.stream', frame);
        return;
      }
      case 'chat.complete':
        if (!streams.complete(params as ServerEvents['chat.complete'])) return;
        break;
      case 'chat.message':
        streams.heard(params as ServerEvents['chat.message']);
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
