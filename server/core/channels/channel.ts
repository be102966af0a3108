/** A channel while somebody uses it: its log, and the messages that wait for their reply. */
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Run } from '../runs/run.js';
import { ChannelLog } from '../streams/log.js';
import type { Stream } from '../streams/stream.js';
import type { Principal } from './principal.js';

/** The channel that every principal has and nobody can delete. */
export const DEFAULT_CHANNEL_ID = 'default';

export class Channel {
  readonly principal: Principal;
  readonly id: string;
  /** Changes with `channel.update`. */
  name: string;
  readonly log: ChannelLog;
  /** The run that is being answered. */
  running: Run | null = null;
  /** Runs that wait behind it, in the order of their `chat.send`. */
  readonly queue: Run[] = [];
  /** Runs cut while they waited, whose completion is still to come. */
  readonly ending = new Set<Run>();
  /** Runs that have ended and can still be resumed, in the order they ended. */
  readonly kept = new Set<Run>();
  /** Messages on their way to the store; they will want a place in the queue. */
  arriving = 0;
  /** Monotonic; for "active in the last hour". −Infinity: not since this gateway started. */
  lastActivityMs = Number.NEGATIVE_INFINITY;
  deleted = false;

  constructor(principal: Principal, id: string, name: string) {
    this.principal = principal;
    this.id = id;
    this.name = name;
    this.log = new ChannelLog(id, PROTOCOL.maxStreamFrameBytes);
  }

  get runningStream(): Stream | null {
    return this.running?.stream ?? null;
  }

  /** Runs whose completion is still to come, in order. */
  *openRuns(): Generator<Run> {
    if (this.running !== null) yield this.running;
    yield* this.queue;
    yield* this.ending;
  }

  /** Position of the oldest entry of the log that some run still needs. */
  get firstNeededPosition(): number {
    const [oldest] = this.kept;
    const running = this.running?.stream.firstPosition ?? this.log.end;
    return oldest === undefined ? running : Math.min(running, oldest.keepsFromPosition);
  }

  /** No room for one more message behind the one being answered. */
  get full(): boolean {
    const waiting = this.queue.length + this.arriving;
    // One of those arriving starts at once where nothing is running.
    return waiting >= PROTOCOL.maxQueuedRunsPerChannel + (this.running === null ? 1 : 0);
  }
}
