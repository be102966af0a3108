/**
 * What happens to connections and requests, as lines of the log: which level each has, and what it says of whom.
 * Clients cause these, so none of them comes without a limit above `debug`.
 */
import { CLOSES, type CloseName } from '../../schemas/codes.js';
import { describeError, type Log } from './log.js';
import { LogThrottle, type ThrottledLevel } from './log-throttle.js';

/** Of what one client can cause as often as it likes. */
const PER_MINUTE = 10;
/** Of what an operator looks for by its id, or what a fault of the gateway's own causes. */
const FAULTS_PER_MINUTE = 60;

interface LoggedSession {
  readonly sessionId: string;
  readonly clientId: string;
  /** Of the trace that the client has opened for its connection; null: none. */
  readonly traceId: string | null;
}

interface LoggedPeer {
  readonly address: string;
  readonly session: LoggedSession | null;
  /** Who closed it: the gateway, by the name of the close, or the client, by its code. */
  readonly ending: CloseName | number | null;
}

/** What a failed reply belongs to. */
export interface LoggedReply {
  readonly sessionId: string;
  readonly clientId: string;
  readonly traceId: string | null;
  readonly channelId: string;
  readonly messageId: string;
}

/** Closes that an operator may want to know of; the others are part of every day. */
const NOTABLE: Readonly<Partial<Record<CloseName, readonly [level: ThrottledLevel, sentence: string]>>> = {
  rateLimited: ['warn', 'a client was closed: it went on through its rate limit'],
  tryAgainLater: [
    'warn',
    'a client was closed: it does not take what it is sent, or asks for too much at once',
  ],
  heartbeatTimeout: ['info', 'a client was closed: it answers no heartbeat'],
  authTimeout: ['info', 'a client was closed: it did not authenticate in time'],
  protocolError: ['info', 'a client was closed: it sent something that is no JSON-RPC message'],
  messageTooLarge: ['info', 'a client was closed: its message was too large'],
  tokenRevoked: ['info', 'a client was closed: its token was revoked or has expired'],
};

const traceOf = (traceId: string | null) => (traceId === null ? {} : { trace_id: traceId });

const whoIs = ({ sessionId, clientId, traceId }: LoggedSession) => ({
  session_id: sessionId,
  client_id: clientId,
  ...traceOf(traceId),
});

const whose = ({ address, session }: LoggedPeer) =>
  session === null ? { address } : { ...whoIs(session), address };

const aboutReply = (reply: LoggedReply) => ({
  ...whoIs(reply),
  channel: reply.channelId,
  message_id: reply.messageId,
});

export class EventLog {
  readonly #log: Log;
  readonly #throttle: LogThrottle;

  constructor(log: Log, nowMs: () => number) {
    this.#log = log;
    this.#throttle = new LogThrottle(log, nowMs);
  }

  opened(peer: LoggedPeer): void {
    if (this.#debugs) this.#log.debug({ address: peer.address }, 'a connection was opened');
  }

  authenticated(peer: LoggedPeer): void {
    if (this.#debugs) this.#log.debug(whose(peer), 'a connection has authenticated');
  }

  /** @param throttled its address had failed too often for its token to be looked at */
  notAuthenticated({ address }: LoggedPeer, clientId: string, throttled: boolean): void {
    const fields = { client_id: clientId, address };
    this.#throttle.write(
      'failed handshakes',
      PER_MINUTE,
      'warn',
      fields,
      throttled
        ? 'a handshake was refused unseen: too many have failed from this address'
        : 'a handshake has failed: no valid token',
    );
  }

  closed(peer: LoggedPeer): void {
    const { ending } = peer;
    if (typeof ending !== 'string') {
      if (this.#debugs) this.#log.debug({ ...whose(peer), code: ending ?? 1006 }, 'a connection has ended');
      return;
    }
    const notable = NOTABLE[ending];
    if (notable === undefined && !this.#debugs) return;
    const { code, reason } = CLOSES[ending];
    const fields = { ...whose(peer), code, reason };
    if (notable === undefined) {
      this.#log.debug(fields, 'a connection was closed');
      return;
    }
    const [level, sentence] = notable;
    this.#throttle.write(`closes with ${code} ${reason}`, PER_MINUTE, level, fields, sentence);
  }

  /** A client was told −32603 and `traceId`. */
  internalError(peer: LoggedPeer, method: string, traceId: string, error: unknown): void {
    const fields = { ...whose(peer), method, trace_id: traceId, error: describeError(error) };
    this.#throttle.write('internal errors', FAULTS_PER_MINUTE, 'error', fields, 'internal error');
  }

  /** A reply was ended by a failure. @param provider null: it was none that failed */
  replyFailed(reply: LoggedReply, provider: string | null): void {
    const fields = {
      ...aboutReply(reply),
      ...(provider === null ? {} : { provider }),
    };
    this.#throttle.write('failed replies', FAULTS_PER_MINUTE, 'warn', fields, 'a reply has failed');
  }

  replyEnded(reply: LoggedReply, finishReason: string, durationMs: number): void {
    if (!this.#debugs) return;
    this.#log.debug(
      { ...aboutReply(reply), finish_reason: finishReason, duration_ms: durationMs },
      'a reply has ended',
    );
  }

  /** Something failed of which no client is told. @param what one of few */
  fault(what: string, error: unknown, reply: LoggedReply | null = null): void {
    const fields = { what, ...(reply === null ? {} : aboutReply(reply)), error: describeError(error) };
    this.#throttle.write(`faults of ${what}`, FAULTS_PER_MINUTE, 'error', fields, 'fault');
  }

  /** A provider has failed, is down, or works again. @param said what it said of it, fit to be read */
  provider(section: string, said: string | null, sentence: string): void {
    const fields = said === null ? {} : { said };
    this.#throttle.write(`the provider of [${section}]`, FAULTS_PER_MINUTE, 'warn', fields, sentence);
  }

  /** Call it about once a minute. */
  report(): void {
    this.#throttle.report();
  }

  get #debugs(): boolean {
    return this.#log.isLevelEnabled('debug');
  }
}
