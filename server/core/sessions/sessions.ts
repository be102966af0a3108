/** Every session of the gateway: those that are open, and those that ended a moment ago and may come back. */
import type { Channel } from '../channels/channel.js';
import type { Clock } from '../time/clock.js';
import type { Session } from './session.js';

/** What a session leaves behind for `resume`. */
export interface EndedSession {
  readonly principalName: string;
  readonly currentChannelId: string;
  readonly channelIds: readonly string[];
  readonly endedAtMs: number;
}

export interface SessionsOptions {
  readonly clock: Clock;
  /** How long an ended session can be resumed. */
  readonly resumeWindowMs: number;
  /** How many ended sessions are remembered; beyond that the oldest are forgotten early. */
  readonly maxEnded: number;
  /** Somebody no longer follows a channel. */
  readonly onUnfollowed: (channel: Channel) => void;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #open = new Map<string, Session>();
  /** In the order they ended. */
  readonly #ended = new Map<string, EndedSession>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  values(): IterableIterator<Session> {
    return this.#open.values();
  }

  add(session: Session): void {
    this.#open.set(session.sessionId, session);
    session.principal.sessions.add(session);
  }

  /** Ends a session: its cursors are gone, what it followed is remembered. Harmless twice. */
  end(session: Session): void {
    if (this.#open.get(session.sessionId) !== session) return;
    const { clock, onUnfollowed } = this.#options;
    this.#open.delete(session.sessionId);
    const nowMs = clock.nowMs();
    this.#forgetOld(nowMs);
    this.#ended.set(session.sessionId, {
      principalName: session.principal.name,
      currentChannelId: session.current.id,
      channelIds: [...session.follows.channels()].map((channel) => channel.id),
      endedAtMs: nowMs,
    });
    session.principal.sessions.delete(session);
    for (const channel of session.detach()) onUnfollowed(channel);
    session.principal.settle();
  }

  /**
   * What to restore for a principal that names a session: one that is still open is ended and
   * closed first. Null for one that is unknown, another's, or too long gone.
   */
  takeOver(sessionId: string, principalName: string): EndedSession | null {
    const open = this.#open.get(sessionId);
    if (open !== undefined && open.principal.name === principalName) {
      this.end(open);
      open.peer.close('resumedElsewhere');
    }
    this.#forgetOld(this.#options.clock.nowMs());
    const ended = this.#ended.get(sessionId);
    if (ended === undefined || ended.principalName !== principalName) return null;
    this.#ended.delete(sessionId);
    return ended;
  }

  #forgetOld(nowMs: number): void {
    const { resumeWindowMs, maxEnded } = this.#options;
    for (const [sessionId, { endedAtMs }] of this.#ended) {
      if (this.#ended.size < maxEnded && nowMs - endedAtMs < resumeWindowMs) return;
      this.#ended.delete(sessionId);
    }
  }
}
