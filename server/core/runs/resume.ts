/** `chat.resume`: follow a reply from behind an index, or get it whole (protocol section 5). Never a part. */
import type { Result } from '../../../schemas/methods.js';
import type { MemoryPort } from '../../backends/memory/port.js';
import { type Failure, fail } from '../rpc/failure.js';
import type { Session } from '../sessions/session.js';
import { type Run, resumeState } from './run.js';
import type { Runs } from './runs.js';
import { finishReasonOf, storedTextsOf } from './stored-texts.js';

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

/** The log is no longer kept: the whole text follows from index 0. */
const resumeFromStore = async (memory: MemoryPort, session: Session, messageId: string): Promise<Resumed> => {
  const reply = await memory.findReply(session.principal.name, messageId);
  if (reply === null) return fail('messageNotFound');
  if (!session.peer.closed) storedTextsOf(session, memory).deliver(messageId, reply);
  return { state: resumeState('ended', finishReasonOf(reply)), recovered: false };
};
