/** The reply to one message, from its acknowledgement until it is forgotten. */
import type { FinishReason } from '../../../schemas/define.js';
import type { ReplyError, ReplyRef, Usage } from '../../backends/memory/port.js';
import type { Channel } from '../channels/channel.js';
import { Stream } from '../streams/stream.js';
import type { Timer } from '../time/timer-wheel.js';
import type { AgentCall } from './agent.js';
import { SkillUses } from './skill-uses.js';

export type RunState = 'queued' | 'streaming' | 'ending' | 'ended';

/** How a run ended; what `chat.complete` says. */
export interface RunEnd {
  readonly finishReason: FinishReason;
  readonly usage: Usage | null;
  readonly error: ReplyError | null;
}

/** What a message costs while it is kept, at most. */
export const messageBytes = (message: string): number => 2 * message.length;

export class Run {
  readonly channel: Channel;
  readonly messageId: string;
  /** Whoever has sent it. */
  readonly clientId: string;
  /** The message that is answered; dropped once it is. */
  message: string;
  /** The message's; the reply's is one more. */
  readonly seq: number;
  /** Of its message, see {@link messageBytes}. */
  readonly messageBytes: number;
  readonly stream: Stream;
  state: RunState = 'queued';
  /** Set once it is decided, whatever the store still has to do. */
  end: RunEnd | null = null;
  startedAtMs = 0;
  /** Source chunks that are in the store. */
  storedChunks = 0;
  /** What {@link skillUses} says is not on its way to the store yet. */
  skillsUnstored = false;
  /** Settles when the part that is on its way has arrived, or not. */
  storing: Promise<void> | null = null;
  /** The store did not take the last part; that was said. */
  storeFails = false;
  /**
   * Once it has ended: the position from which the log is kept for it and all that end later. Its
   * own beginning, or that of a run which was then still running.
   */
  keepsFromPosition = -1;
  /** What it has used on the way. */
  readonly skillUses = new SkillUses();
  call: AgentCall | null = null;
  /** Of the model, that have begun. */
  steps = 0;
  storeTimer: Timer<Run> | null = null;
  detachedTimer: Timer<Run> | null = null;

  constructor(channel: Channel, messageId: string, clientId: string, message: string, seq: number) {
    this.channel = channel;
    this.messageId = messageId;
    this.clientId = clientId;
    this.message = message;
    this.seq = seq;
    this.messageBytes = messageBytes(message);
    this.stream = new Stream(messageId);
  }

  /** It has grown by more than what is in the store or on its way there. */
  get growthUnstored(): boolean {
    return this.storedChunks !== this.stream.nextIndex || this.skillsUnstored;
  }

  get replyRef(): ReplyRef {
    return {
      principal: this.channel.principal.name,
      channelId: this.channel.id,
      messageId: this.messageId,
      seq: this.seq + 1,
    };
  }
}

/** `chat.resume`'s word for where a run is. */
export const resumeState = (state: RunState, finishReason: FinishReason | null) => {
  if (state === 'queued') return 'queued';
  if (finishReason === null || state !== 'ended') return 'streaming';
  return finishReason === 'stop' || finishReason === 'length' ? 'complete' : finishReason;
};
