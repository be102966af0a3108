/** Which streams a session could follow and does not. */
import type { RunningStream } from '../../../schemas/define.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import type { Channel } from './channel.js';

/** The replies that were running in these channels before the session came: `chat.resume` follows them. */
export const runningStreams = (session: Session, channels: Iterable<Channel>): RunningStream[] => {
  const streams: RunningStream[] = [];
  if ((session.scopeBits & SCOPE_BIT.chat) === 0) return streams;
  for (const channel of channels) {
    const run = channel.running;
    if (run === null || session.followsStream(channel, run.stream)) continue;
    streams.push({ message_id: run.messageId, channel: channel.id, next_index: run.stream.nextIndex });
  }
  return streams;
};
