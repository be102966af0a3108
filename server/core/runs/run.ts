/** The reply to one message, from its acknowledgement until it is forgotten. */
import type { FinishReason } from '../../../schemas/define.js';
import type { ReplyError, ReplyRef, Usage } from '../../backends/memory/port.js';
import type { Channel } from '../channels/channel.js';
import { Stream } from '../streams/stream.js';
import { NO_SPAN, type Span } from '../telemetry/tracer.js';
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

/** Who has asked for it, for logs and traces. */
export interface RunOrigin {
  readonly sessionId: string;
  readonly clientId: string;
  /** Of the trace that the message belongs to; null: none. */
  readonly traceId: string | null;
  /** Of the whole of it, its wait in the queue included. */
  readonly span: Span;
}

const NOBODY: RunOrigin = { sessionId: '', clientId: '', traceId: null, span: NO_SPAN };

/** What a message costs while it is kept, at most. */
export const messageBytes = (message: string): number => 2 * message.length;

export class Run {
  readonly channel: Channel;
  readonly messageId: string;
  /** The message that is answered; dropped once it is. */
  message: string;
  /** The message's; the reply's is one more. */
  readonly seq: number;
  /** Of its message, see {@link messageBytes}. */
  readonly messageBytes: number;
  readonly stream: Stream;
  readonly origin: RunOrigin;
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

  constructor(channel: Channel, messageId: string, message: string, seq: number, origin = NOBODY) {
    this.channel = channel;
    this.messageId = messageId;
    this.message = message;
    this.seq = seq;
    this.origin = origin;
    this.messageBytes = messageBytes(message);
    this.stream = new Stream(messageId);
  }

  get sessionId(): string {
    return this.origin.sessionId;
  }

  get clientId(): string {
    return this.origin.clientId;
  }

  get traceId(): string | null {
    return this.origin.traceId;
  }

  get channelId(): string {
    return this.channel.id;
  }

  /** It says more than what is in the store, or has used more than what is there or on its way. */
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
