/** A peer without a socket: what the core does for a message, and nothing of what a socket costs. */

import { createMetrics } from '../../../metrics/metrics.js';
import { Channel } from '../../../server/core/channels/channel.js';
import { Principal } from '../../../server/core/channels/principal.js';
import type { RateLimits } from '../../../server/core/limits/rate-limiter.js';
import type { Lobby } from '../../../server/core/sessions/lobby.js';
import type { Peer, WholeBuffer } from '../../../server/core/sessions/peer.js';
import { Session, type SessionShared } from '../../../server/core/sessions/session.js';
import { Pump } from '../../../server/core/streams/pump.js';
import { systemClock } from '../../../server/core/time/clock.js';
import { TimerWheel } from '../../../server/core/time/timer-wheel.js';
import { Trace } from '../../../server/core/trace/trace.js';

export class CountingPeer implements Peer {
  readonly address = '127.0.0.1';
  readonly unsentBytes = 0;
  readonly backlogBytes = 0;
  readonly hasRoom = true;
  readonly closed = false;
  readonly ending = null;
  session: Session | null = null;
  readonly lobby: Lobby | null = null;
  sentFrames = 0;
  sentCharacters = 0;

  admitted(): void {}

  send(frame: string | Uint8Array): number {
    this.sentFrames += 1;
    this.sentCharacters += frame.length;
    return frame.length;
  }

  sendWhole({ bytes }: WholeBuffer): number {
    return this.send(bytes);
  }

  close(): void {
    throw new Error('a benchmark closes nothing');
  }
}

/** Never refuses; counts all the same. */
export const rateLimits: RateLimits = {
  enabled: true,
  messagesPerSecond: 1e9,
  messagesPerMinute: 1e9,
  burstSize: 1e9,
  cooldownMs: 0,
};

/** A gateway's shared parts; the pump's flush is called by hand. */
export const createShared = (): { readonly shared: SessionShared; readonly flush: () => void } => {
  let pending: (() => void) | null = null;
  const shared: SessionShared = {
    clock: systemClock,
    wheel: new TimerWheel(100, systemClock.nowMs()),
    pump: new Pump((flush) => {
      pending = flush;
    }),
    trace: new Trace({ clock: systemClock, later: () => {}, sink: null }),
    metrics: createMetrics(),
    rateLimits,
    heartbeatLimits: { intervalMs: 30_000, timeoutMs: 90_000, maxMissed: 3 },
    notificationSettings: { proactive: true, timezone: '' },
    limits: { maxBacklogMs: 60_000, maxReplyBacklogBytes: 4 * 1024 * 1024 },
  };
  const flush = (): void => {
    const run = pending;
    pending = null;
    run?.();
  };
  return { shared, flush };
};

/** A session of every scope with its own peer. */
export const createSession = (principal: Principal, shared: SessionShared): Session => {
  const peer = new CountingPeer();
  const identity = {
    sessionId: 'sess-bench',
    clientId: 'bench',
    principal,
    scopeBits: 63,
    tokenHash: '',
    traceContext: null,
    ordinal: 0,
  };
  const session = new Session(peer, identity, principal.defaultChannel, shared);
  peer.session = session;
  return session;
};

export const createPrincipal = (): Principal =>
  new Principal('bench', [{ channelId: 'default', name: 'default' }], () => {});

/** A channel of its own, for a log that grows. */
export const createChannel = (principal: Principal): Channel => new Channel(principal, 'ch-bench', 'bench');
