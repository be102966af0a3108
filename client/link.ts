/** Keeps a connection to the gateway: opens it, notices when it is gone, and opens another one by the rule of its end. */
import { CLOSES } from '../schemas/codes.js';
import type { AuthHandshakeParams } from '../schemas/generated/client.js';
import { Connection, type Message, type Session } from './connection.js';
import { type CloseInfo, ConnectionClosedError, GatewayError } from './errors.js';
import { type BackOff, RetryPlan } from './retry.js';
import type { SocketFactory } from './socket.js';

/** Why a connection ended. */
export type LinkError = GatewayError | ConnectionClosedError;
type Streams = NonNullable<NonNullable<AuthHandshakeParams['resume']>['streams']>;

export interface LinkOptions {
  readonly open: SocketFactory;
  readonly identity: Omit<AuthHandshakeParams, 'resume'>;
  /** The id of a session to take up; undefined: a new one. */
  readonly session: string | undefined;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Whether to come back after a connection has ended, and whether the first one may fail. */
  readonly retry: boolean;
  readonly retryFirst: boolean;
  readonly backOff: BackOff;
  /** The replies to go on with, as `resume.streams` of a handshake. */
  readonly streams: () => Streams;
  readonly onConnecting: () => void;
  readonly onOpen: (session: Session) => void;
  readonly onMessage: (message: Message) => void;
  /** The connection is gone, or did not come about; the next attempt follows. */
  readonly onLost: (error: LinkError, delayMs: number) => void;
  /** There will be no other connection. Called once, and nothing after it. */
  readonly onOver: (error: LinkError, close: CloseInfo) => void;
}

/** Beyond two pings that did not come, so that one that is late does no harm. */
const LATE_MS = 5000;
/** A timer cannot wait longer than 2³¹ ms, and who slept notices soon. */
const MAX_LOOK_MS = 30_000;
/** What was sent and not answered arrives within this, or never. */
const STRAY_MS = 60_000;

export class Link {
  readonly #options: LinkOptions;
  readonly #plan: RetryPlan;
  #connection: Connection | null = null;
  #sessionId: string | undefined;
  /** When an attempt to resume the session was last given up that may still be on its way to the gateway. */
  #strayAtMs = Number.NEGATIVE_INFINITY;
  #openedAtMs = 0;
  #heardAtMs = 0;
  #hasOpened = false;
  /** For the next attempt. */
  #isWaiting = false;
  #isClosing = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#sessionId = options.session;
    this.#plan = new RetryPlan(options.backOff);
  }

  /** The connection, where it is open. */
  get connection(): Connection | null {
    return this.#connection?.session ? this.#connection : null;
  }

  /** @throws what the socket factory throws */
  connect(): void {
    const { identity, open, timeoutMs, streams, onConnecting } = this.#options;
    this.#isWaiting = false;
    onConnecting();
    if (this.#isOver) return;
    const session_id = this.#sessionId;
    const resume = session_id === undefined ? {} : { resume: { session_id, streams: streams() } };
    const connection = new Connection({
      open,
      handshake: { ...identity, ...resume },
      timeoutMs,
      onOpen: (session) => this.#opened(session),
      onMessage: (message) => {
        this.#heardAtMs = performance.now();
        this.#options.onMessage(message);
      },
      onEnd: (error) => this.#ended(connection, error),
    });
    this.#connection = connection;
  }

  /** Does not wait for the next attempt. Harmless where none is to come. */
  retryNow(): void {
    // Behind the listeners that are being told of the wait.
    if (this.#isWaiting && !this.#isOver) this.#connectIn(0);
  }

  /** Ends it for good. Harmless twice. */
  close(): void {
    this.#isClosing = true;
    if (this.#connection !== null) this.#connection.close();
    else this.#over({ code: 1000, reason: '', retry: 'none' });
  }

  #opened(session: Session): void {
    this.#sessionId = session.session_id;
    this.#hasOpened = true;
    this.#openedAtMs = performance.now();
    this.#heardAtMs = this.#openedAtMs;
    this.#listen(session.heartbeat_interval * 1000);
    this.#options.onOpen(session);
  }

  /** A gateway that is there says something in every interval. */
  #listen(intervalMs: number): void {
    const silentMs = 2 * intervalMs + Math.min(intervalMs, LATE_MS);
    const look = (): void => {
      if (performance.now() - this.#heardAtMs > silentMs) this.#connection?.lost();
      else this.#timer = setTimeout(look, Math.min(intervalMs, MAX_LOOK_MS));
    };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(look, Math.min(intervalMs, MAX_LOOK_MS));
  }

  #ended({ session, greeted }: Connection, error: LinkError): void {
    clearTimeout(this.#timer);
    this.#connection = null;
    if (session !== null) this.#plan.lasted(performance.now() - this.#openedAtMs);
    else if (greeted && this.#sessionId !== undefined) this.#strayAtMs = performance.now();
    const { retry, retryFirst, onLost } = this.#options;
    const delayMs =
      !this.#isClosing && (this.#hasOpened ? retry : retryFirst) ? this.#delayAfter(error) : null;
    if (delayMs === null) {
      this.#over(closeOf(error), error);
      return;
    }
    this.#isWaiting = true;
    this.#connectIn(delayMs);
    onLost(error, delayMs);
  }

  #connectIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), delayMs);
  }

  #delayAfter(error: LinkError): number | null {
    if (error instanceof GatewayError) return this.#plan.nextDelayMs(error.retry, error.retryAfterMs);
    const { code, reason, retry } = error.close;
    const isTaken = code === CLOSES.resumedElsewhere.code && reason === CLOSES.resumedElsewhere.reason;
    const mayBeStray = performance.now() - this.#strayAtMs < STRAY_MS;
    // Then nobody else has taken the session: an attempt of our own has, late.
    return this.#plan.nextDelayMs(isTaken && mayBeStray ? 'back-off' : retry);
  }

  #over(close: CloseInfo, error: LinkError = new ConnectionClosedError(close)): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.onOver(error, close);
  }
}

/** A refused handshake as the end that it is: its error code, 4011 most of the time. */
const closeOf = (error: LinkError): CloseInfo =>
  error instanceof GatewayError
    ? { code: error.code, reason: error.message, retry: error.retry }
    : error.close;
