/** `chat.resume`: follow a reply from behind an index, or get it whole (protocol section 5). Never a part. */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Result } from '../../../schemas/methods.js';
import type { MemoryPort } from '../../backends/memory/port.js';
import { type Failure, fail } from '../rpc/failure.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import { ChannelLog, Stream } from '../streams/log.js';
import { completionFrame } from './completion.js';
import { type Run, resumeState } from './run.js';
import type { Runs } from './runs.js';

type Resumed = Result<'chat.resume'> | Failure;

/**
 * Sets the session's one cursor on the reply to `messageId`. What follows is delivered at the end
 * of this turn, so behind the answer.
 * @param afterIndex the last source chunk the client holds; −1: none
 */
export const resumeRun = (
  ports: { readonly memory: MemoryPort; readonly runs: Runs },
  session: Session,
  messageId: string,
  afterIndex: number,
): Resumed | Promise<Resumed> => {
  const run = session.principal.runs.get(messageId);
  if (run === undefined || run.channel.deleted) return resumeFromStore(ports.memory, session, messageId);
  const recovered = followRun(session, run, afterIndex);
  ports.runs.followersChanged(run.channel);
  return { state: resumeState(run.state, run.end?.finishReason ?? null), recovered };
};

const followRun = (session: Session, run: Run, afterIndex: number): boolean => {
  const { channel, stream } = run;
  const { log } = channel;
  if (!stream.begun) {
    // It will be followed from its start, by the channel's cursor where there is one.
    if (!session.followsStream(channel, stream)) session.resumeStream(stream, log, log.end, channel);
    return afterIndex < 0;
  }
  const position = log.positionBehind(stream, afterIndex);
  session.resumeStream(stream, log, position === -1 ? stream.firstPosition : position, channel);
  return position !== -1;
};

/** The log is no longer kept: the whole text follows from index 0, out of a log of its own. */
const resumeFromStore = async (memory: MemoryPort, session: Session, messageId: string): Promise<Resumed> => {
  const reply = await memory.findReply(session.principal.name, messageId);
  if (reply === null) return fail('messageNotFound');
  const log = new ChannelLog(reply.channelId, PROTOCOL.maxStreamFrameBytes);
  const stream = new Stream(messageId);
  log.begin(stream);
  if (reply.text !== '') log.appendChunk(stream, reply.text);
  // An open reply that nobody runs was cut where its end could not be stored.
  const finishReason = reply.finishReason ?? 'interrupted';
  log.seal(stream, completionFrame(reply.channelId, messageId, { ...reply, finishReason }), SCOPE_BIT.chat);
  if (!session.peer.closed) session.resumeStream(stream, log, 0, null);
  return { state: resumeState('ended', finishReason), recovered: false };
};
