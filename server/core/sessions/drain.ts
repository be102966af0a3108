/** The planned end: everyone is told, streams may finish, each connection is closed as soon as nothing it follows is running (protocol section 5). */
import { notificationFrame } from '../rpc/reply.js';
import type { Runs } from '../runs/runs.js';
import type { Lobbies } from './lobby.js';
import type { Sessions } from './sessions.js';

export interface DrainOptions {
  readonly sessions: Sessions;
  readonly lobbies: Lobbies;
  readonly runs: Runs;
  readonly graceMs: number;
  /** Somebody's call, perhaps one who has gone, is still on its way to a port. */
  readonly busy: () => boolean;
  /** Resolves a moment later: how often the connections are looked at. */
  readonly pause: () => Promise<void>;
  /** True once it must go no further. */
  readonly expired: () => boolean;
}

/** At the end, those who are still taking what they were sent get this many pauses: behind bytes that wait, a close code is lost. */
const FLUSH_PAUSES = 40;

/** Resolves once every connection is closed and every reply stored; nothing new may come in meanwhile. */
export const drain = async (options: DrainOptions): Promise<void> => {
  const { sessions, lobbies, runs, graceMs, busy, pause, expired } = options;
  for (const peer of [...lobbies.peers]) peer.close('serverShutdown');
  const grace_seconds = Math.round(graceMs / 1000);
  const goaway = notificationFrame('system.goaway', { reason: 'Server shutdown', grace_seconds });
  for (const session of sessions.values()) session.notify(goaway);
  while (!expired()) {
    for (const session of [...sessions.values()]) {
      const { followsOpenStream, openCalls, unsentBytes } = session;
      if (!followsOpenStream && openCalls === 0 && unsentBytes === 0) session.peer.close('serverShutdown');
    }
    if (sessions.count === 0 && runs.openCount === 0 && !busy()) break;
    await pause();
  }
  await runs.interruptAll();
  // The completions just made are delivered at the end of the turn.
  await pause();
  for (let pauses = 0; pauses < FLUSH_PAUSES && sessions.count > 0; pauses += 1) {
    if (pauses > 0) await pause();
    for (const session of [...sessions.values()]) {
      if (session.unsentBytes === 0 && session.behind.isEmpty) session.peer.close('serverShutdown');
    }
  }
  for (const session of [...sessions.values()]) session.peer.close('serverShutdown');
};
