/** Connections that have not authenticated yet, and the one way in (protocol section 3). */

import type { HandshakeOutcome } from '../../../metrics/labels.js';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Scope } from '../../../schemas/define.js';
import { resultSerializers } from '../../../schemas/generated/serializers.js';
import { validators } from '../../../schemas/generated/validators.js';
import type { Params } from '../../../schemas/methods.js';
import type { Channel } from '../channels/channel.js';
import { runningStreams } from '../channels/follow.js';
import type { Principal, Principals } from '../channels/principal.js';
import { randomHex } from '../ids.js';
import { type Failure, fail } from '../rpc/failure.js';
import { invalidParams } from '../rpc/router.js';
import { parseTraceparent } from '../telemetry/traceparent.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Peer } from './peer.js';
import { scopeBits, scopeNames } from './scopes.js';
import { Session, type SessionIdentity, type SessionShared } from './session.js';
import type { Sessions } from './sessions.js';

/** What is known of a connection until its handshake. */
export class Lobby {
  readonly deadline: Timer<Peer>;
  messages = 0;
  failures = 0;
  /** A handshake is being looked at: what arrives meanwhile waits in `waiting`. */
  authenticating = false;
  /** The deadline passed while it was looked at: only its success counts now. */
  late = false;
  readonly waiting: string[] = [];

  constructor(deadline: Timer<Peer>) {
    this.deadline = deadline;
  }
}

export type Verdict =
  | {
      readonly ok: true;
      readonly tokenHash: string;
      readonly principal: string;
      readonly scopes: readonly Scope[];
    }
  /** `retryAfterMs` where the address is throttled. */
  | { readonly ok: false; readonly retryAfterMs: number | null };

type HandshakeParams = Params<'auth.handshake'>;
type ResumedStreams = NonNullable<NonNullable<HandshakeParams['resume']>['streams']>;

export interface LobbiesOptions {
  readonly wheel: TimerWheel;
  readonly shared: SessionShared;
  readonly principals: Principals;
  readonly sessions: Sessions;
  /** Judges a token that came from an address. */
  readonly authenticate: (token: string, address: string) => Verdict;
  /** Is an accepted token still valid? */
  readonly isValid: (tokenHash: string) => boolean;
  /** A handshake's token is not valid. @param throttled the address has failed too often for it to be looked at */
  readonly onRefused: (peer: Peer, clientId: string, throttled: boolean) => void;
  /** A session has begun. */
  readonly onSession: (session: Session) => void;
  /** Restores streams that a resumed session names; their frames follow the handshake's answer. */
  readonly resumeStreams: (session: Session, streams: ResumedStreams) => void;
  readonly serverVersion: string;
  /** As they are now. */
  readonly limits: {
    authTimeoutMs: number;
    heartbeatIntervalSeconds: number;
    maxMessageBytes: number;
    messagesPerSecond: number;
    burstSize: number;
  };
}

export class Lobbies {
  readonly #options: LobbiesOptions;
  readonly #peers = new Set<Peer>();
  /** Sessions so far. */
  #begun = 0;

  constructor(options: LobbiesOptions) {
    this.#options = options;
  }

  /** Connections that have not authenticated. */
  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  /** A connection has opened: it has until the deadline to authenticate. */
  enter(peer: Peer): void {
    const { wheel, shared, limits } = this.#options;
    peer.lobby = new Lobby(new Timer(peer, this.#timeOut));
    this.#peers.add(peer);
    wheel.schedule(peer.lobby.deadline, shared.clock.nowMs() + limits.authTimeoutMs);
  }

  /** Authenticated or gone. Harmless twice. */
  leave(peer: Peer): void {
    if (peer.lobby === null) return;
    this.#options.wheel.cancel(peer.lobby.deadline);
    peer.lobby = null;
    this.#peers.delete(peer);
  }

  /** May this message be looked at now? If not, it waits, or was one too many. */
  admits(peer: Peer, lobby: Lobby, text: string): boolean {
    lobby.messages += 1;
    if (lobby.messages > PROTOCOL.maxUnauthenticatedMessages) {
      peer.close('authTimeout');
      return false;
    }
    if (!lobby.authenticating) return true;
    lobby.waiting.push(text);
    return false;
  }

  /**
   * Judges a handshake. The result as JSON, a failure, or null where the connection is gone.
   * Must be followed by {@link settle} once the answer is sent. Rejects where the store fails.
   */
  async handshake(peer: Peer, lobby: Lobby, params: object): Promise<string | Failure | null> {
    const validate = validators['auth.handshake'];
    if (!validate(params)) {
      this.#count('invalid');
      this.#options.shared.metrics.requests['auth.handshake'].validationFailures += 1;
      return invalidParams(validate);
    }
    const { token, client_id: clientId, traceparent, resume } = params as HandshakeParams;
    const verdict = this.#options.authenticate(token, peer.address);
    if (!verdict.ok) {
      lobby.failures += 1;
      this.#count(verdict.retryAfterMs === null ? 'rejected' : 'throttled');
      this.#options.onRefused(peer, clientId, verdict.retryAfterMs !== null);
      return fail(
        'authFailed',
        verdict.retryAfterMs === null ? null : { retry_after_ms: verdict.retryAfterMs },
      );
    }
    lobby.authenticating = true;
    const { principals } = this.#options;
    try {
      const principal = await principals.acquire(verdict.principal);
      try {
        if (peer.closed) return null;
        // It may have been revoked while the principal was loaded, when no session could be closed for it.
        if (!this.#options.isValid(verdict.tokenHash)) {
          this.#count('rejected');
          return fail('authFailed');
        }
        return this.#begin(
          peer,
          principal,
          { clientId, traceContext: parseTraceparent(traceparent) },
          verdict,
          resume,
        );
      } finally {
        principal.release();
      }
    } catch (error) {
      this.#count('error');
      throw error;
    } finally {
      lobby.authenticating = false;
    }
  }

  /** After the handshake's answer: the third failure closes, otherwise what waited is given back in order. */
  settle(peer: Peer, lobby: Lobby): readonly string[] {
    if (lobby.failures >= PROTOCOL.maxHandshakeFailures) peer.close('authFailed');
    else if (lobby.late && peer.lobby !== null) this.#closeLate(peer);
    if (peer.closed) return [];
    return lobby.waiting.splice(0);
  }

  #count(outcome: HandshakeOutcome): void {
    this.#options.shared.metrics.handshakes[outcome] += 1;
  }

  /** The deadline of a connection has come. */
  readonly #timeOut = (peer: Peer): void => {
    // A valid token was here in time: how long the store takes with it is not the client's fault.
    if (peer.lobby?.authenticating === true) peer.lobby.late = true;
    else this.#closeLate(peer);
  };

  #closeLate(peer: Peer): void {
    this.#count('timeout');
    peer.close('authTimeout');
  }

  #begin(
    peer: Peer,
    principal: Principal,
    client: Pick<SessionIdentity, 'clientId' | 'traceContext'>,
    verdict: Verdict & { ok: true },
    resume: HandshakeParams['resume'],
  ): string {
    const { sessions, shared, limits, serverVersion, onSession, resumeStreams } = this.#options;
    const earlier = resume === undefined ? null : sessions.takeOver(resume.session_id, principal.name);
    const sessionId = earlier === null || resume === undefined ? `sess-${randomHex(8)}` : resume.session_id;
    const identity = {
      // Member by member: an object that begins with a spread is made by the runtime, at a tenth of the whole handshake.
      sessionId,
      clientId: client.clientId,
      traceContext: client.traceContext,
      principal,
      scopeBits: scopeBits(verdict.scopes),
      tokenHash: verdict.tokenHash,
      ordinal: this.#begun,
    };
    this.#begun += 1;
    const current = (earlier && principal.channels.get(earlier.currentChannelId)) ?? principal.defaultChannel;
    const session = new Session(peer, identity, current, shared);
    // Whatever it restores, a resumption counts as one message.
    if (resume !== undefined) {
      const nowMs = shared.clock.nowMs();
      session.rateLimiterSince(nowMs).take(nowMs, shared.rateLimits);
    }
    const followed: Channel[] = [];
    for (const id of earlier?.channelIds ?? [principal.defaultChannel.id]) {
      const channel = principal.channels.get(id);
      if (channel !== undefined) followed.push(channel);
    }
    for (const channel of followed) session.subscribe(channel);
    this.leave(peer);
    peer.session = session;
    peer.admitted();
    sessions.add(session);
    this.#count(earlier === null ? 'accepted' : 'resumed');
    onSession(session);
    if (earlier !== null && resume?.streams !== undefined) resumeStreams(session, resume.streams);
    return resultSerializers['auth.handshake']({
      session_id: sessionId,
      channels: [...principal.channels.keys()],
      heartbeat_interval: limits.heartbeatIntervalSeconds,
      server_version: serverVersion,
      scopes: scopeNames(session.scopeBits),
      limits: {
        max_message_bytes: limits.maxMessageBytes,
        messages_per_second: limits.messagesPerSecond,
        burst_size: limits.burstSize,
      },
      resumed: earlier !== null,
      streams: runningStreams(session, followed),
    });
  }
}
