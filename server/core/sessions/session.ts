/** An authenticated connection: who it is, what it follows, and what it has not taken yet. */
import type { GatewayMetrics } from '../../../metrics/metrics.js';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Channel } from '../channels/channel.js';
import type { Principal } from '../channels/principal.js';
import { PASSES, RateLimiter, type RateLimits } from '../limits/rate-limiter.js';
import { Courier, type CourierPeer, type NotificationSettings } from '../notifications/courier.js';
import { notificationFrame } from '../rpc/reply.js';
import { attachCursor, Cursor, detachCursor } from '../streams/cursor.js';
import { CursorQueue } from '../streams/cursor-queue.js';
import type { ChannelLog, Frame } from '../streams/log.js';
import type { Pump, StreamReader } from '../streams/pump.js';
import type { Stream } from '../streams/stream.js';
import type { TraceContext } from '../telemetry/traceparent.js';
import type { Clock } from '../time/clock.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { Trace } from '../trace/trace.js';
import { type BacklogOwner, BacklogWatch } from './backlog.js';
import { emptyPing } from './empty-ping.js';
import { Follows } from './follows.js';
import { Heartbeat, type HeartbeatLimits, type HeartbeatPeer } from './heartbeat.js';
import type { Peer, WholeBuffer } from './peer.js';

/** Replies may add up to this before the next look at what is unsent; see {@link Session.reply}. */
const REPLY_CHECK_BYTES = 64 * 1024;
const BACKLOG_CHECK_MS = 1000;
/** Before every time of the clock; an infinity would cost each session a box. */
const NEVER_MS = -1;

/** Pongs are free (protocol section 6), and so are those that answer no ping, up to a flood. */
const IDLE_PONGS: RateLimits = {
  enabled: true,
  messagesPerSecond: 10,
  messagesPerMinute: Number.MAX_SAFE_INTEGER,
  burstSize: 100,
  cooldownMs: 0,
};

/** What sessions share: one object for the whole gateway. */
export interface SessionShared {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
  readonly trace: Trace;
  readonly metrics: GatewayMetrics;
  /** `gateway.max_backlog_seconds` and `gateway.max_reply_backlog_bytes`, as they are now. */
  readonly limits: { maxBacklogMs: number; maxReplyBacklogBytes: number };
  /** `[gateway.rate_limit]`, as it is now. */
  readonly rateLimits: RateLimits;
  readonly heartbeatLimits: HeartbeatLimits;
  readonly notificationSettings: NotificationSettings;
}

export interface SessionIdentity {
  readonly sessionId: string;
  readonly clientId: string;
  readonly principal: Principal;
  readonly scopeBits: number;
  readonly tokenHash: string;
  /** The trace that its requests belong to which name none; null: none. */
  readonly traceContext: TraceContext | null;
  /** How many sessions came before it: spreads what all of them do now and then. */
  readonly ordinal: number;
}

/** A cursor on one stream, and the channel it belongs to (null: a text that came from the store). */
interface Resumed {
  readonly cursor: Cursor;
  readonly channel: Channel | null;
}

export class Session implements StreamReader, HeartbeatPeer, CourierPeer, BacklogOwner {
  // Fields stand in memory in the order of their declaration. What every message touches comes first and together.
  readonly #shared: SessionShared;
  readonly peer: Peer;
  /** Calls that a port has yet to answer: a planned close waits for them. */
  openCalls = 0;
  /** Messages that wait until there are fewer of those; null while none has had to. */
  #waiting: string[] | null = null;
  /** Made for its first message: a connection that only listens needs none. */
  #rateLimiter: RateLimiter | null = null;
  #uncheckedReplyBytes = 0;
  /** The largest frame or reply since nothing was unsent: however large, alone it is no backlog. */
  #largestBytes = 0;
  #waitingBytes = 0;
  readonly sessionId: string;
  readonly clientId: string;
  readonly principal: Principal;
  readonly scopeBits: number;
  readonly tokenHash: string;
  readonly traceContext: TraceContext | null;
  /** Made for its first pong that answers no ping. */
  #idlePongs: RateLimiter | null = null;
  readonly heartbeat: Heartbeat;
  /** Fills its pings with notifications. */
  readonly courier: Courier;
  /** The channel that calls mean which name none. */
  current: Channel;
  /** The live cursor of each channel it is subscribed to. */
  readonly follows = new Follows();
  /** Cursors on single streams, from `chat.resume`; null while there is none. */
  #resumed: Resumed[] | null = null;
  readonly behind = new CursorQueue();
  ready = false;
  /** Batches that are not answered yet: what they start streaming begins after their answer. */
  #openBatches = 0;
  /** Told when a text out of the store has been delivered, or given up. */
  onStoredTextDone: (() => void) | null = null;
  #backlog: BacklogWatch | null = null;
  #lastProgressMs = 0;
  lastDrainedMs = NEVER_MS;

  constructor(peer: Peer, identity: SessionIdentity, current: Channel, shared: SessionShared) {
    this.peer = peer;
    this.sessionId = identity.sessionId;
    this.clientId = identity.clientId;
    this.principal = identity.principal;
    this.scopeBits = identity.scopeBits;
    this.tokenHash = identity.tokenHash;
    this.traceContext = identity.traceContext;
    this.current = current;
    this.#shared = shared;
    const nowMs = shared.clock.nowMs();
    this.heartbeat = new Heartbeat(this, shared.wheel, shared.heartbeatLimits, identity.ordinal, nowMs);
    this.courier = new Courier(this, shared.clock, shared.wheel, shared.notificationSettings);
  }

  get traceId(): string | null {
    return this.traceContext?.traceId ?? null;
  }

  /** It has sent a pong that answers no ping. So many of them that they can only be meant to keep the gateway busy close it. */
  takeIdlePong(nowMs: number): void {
    if (!this.#shared.rateLimits.enabled) return;
    this.#idlePongs ??= new RateLimiter(IDLE_PONGS, nowMs);
    if (this.#idlePongs.take(nowMs, IDLE_PONGS) === PASSES) return;
    // At the end of the turn: the answer to this message goes out first.
    queueMicrotask(() => this.peer.close('rateLimited'));
  }

  /** Counts its messages from the handshake on: whoever has sent none has a full bucket. @param nowMs when the message came */
  rateLimiterSince(nowMs: number): RateLimiter {
    this.#rateLimiter ??= new RateLimiter(this.#shared.rateLimits, nowMs);
    return this.#rateLimiter;
  }

  /** So much is open that what comes next must wait its turn, or the backends would work for one client alone. */
  get busy(): boolean {
    return this.openCalls >= PROTOCOL.maxOpenCalls || this.#waiting !== null;
  }

  /** Puts a message behind those that wait. False where there is no more room. */
  postpone(text: string): boolean {
    if (this.#waitingBytes + text.length > PROTOCOL.maxWaitingBytes) return false;
    this.#waiting ??= [];
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    return true;
  }

  /** The message whose turn it is; undefined where none waits, or too much is still open. */
  nextWaiting(): string | undefined {
    if (this.openCalls >= PROTOCOL.maxOpenCalls) return undefined;
    const text = this.#waiting?.shift();
    this.#waitingBytes -= text?.length ?? 0;
    if (this.#waiting?.length === 0) this.#waiting = null;
    return text;
  }

  /** Sends an answer, or what else is part of no log, always and at once. */
  say(frame: string | Uint8Array): void {
    if (this.#shared.trace.on && !this.peer.closed) this.#shared.trace.sent(this.peer, frame);
    this.reply(frame);
  }

  /** The same past the trace: what was answered while nobody watched. Too many unsent ones close the connection with 1013. */
  reply(frame: string | Uint8Array): void {
    if (!this.peer.closed) this.#replied(this.peer.send(frame));
  }

  /** The same for an answer whose bytes are ready. */
  replyWhole(frame: WholeBuffer): void {
    if (!this.peer.closed) this.#replied(this.peer.sendWhole(frame));
  }

  /** @param bytes that were sent; −1: it is gone */
  #replied(bytes: number): void {
    if (bytes < 0) {
      this.peer.close('tryAgainLater');
      return;
    }
    const { metrics } = this.#shared;
    metrics.messagesSent += 1;
    metrics.sentBytes += bytes;
    if (bytes > this.#largestBytes) this.#largestBytes = bytes;
    this.#uncheckedReplyBytes += bytes;
    if (this.#uncheckedReplyBytes >= REPLY_CHECK_BYTES) {
      this.#uncheckedReplyBytes = 0;
      this.#shared.pump.readerReady(this);
    }
  }

  /** Sends a notification that is part of no log; the rules of replies hold for it. */
  notify(text: string): void {
    this.say(text);
  }

  // --- following -------------------------------------------------------------------------

  /** Follows what happens in a channel from now on; a reply that is running there is left to `chat.resume`. */
  subscribe(channel: Channel): void {
    if (this.follows.has(channel)) return;
    const cursor = new Cursor(channel.log, this, channel.log.end, null);
    const running = channel.runningStream;
    if (running !== null) cursor.skip(running);
    for (const resumed of this.#resumed ?? []) {
      // A queued reply that was resumed has its cursor already.
      if (resumed.channel === channel && resumed.cursor.only !== null) cursor.skip(resumed.cursor.only);
    }
    attachCursor(cursor);
    this.follows.add(channel, cursor);
  }

  /** Stops following a channel and the streams resumed there. */
  unsubscribe(channel: Channel): void {
    const cursor = this.follows.get(channel);
    if (cursor !== undefined) {
      this.follows.delete(channel);
      this.#drop(cursor);
    }
    for (const resumed of this.#resumed?.filter((other) => other.channel === channel) ?? []) {
      this.#drop(resumed.cursor);
    }
  }

  /**
   * Sets this session's one cursor on a stream, in place of an earlier one; the channel's live
   * cursor leaves the stream alone from now on.
   * @param channel null where the text comes from the store and nothing is live
   */
  resumeStream(stream: Stream, log: ChannelLog, position: number, channel: Channel | null): void {
    // By its message: a text from the store is a stream of its own every time.
    const earlier = this.#resumed?.find((other) => other.cursor.only?.messageId === stream.messageId);
    if (earlier !== undefined) this.#drop(earlier.cursor);
    if (channel !== null) this.follows.get(channel)?.skip(stream);
    const cursor = new Cursor(log, this, position, stream);
    attachCursor(cursor);
    this.#resumed ??= [];
    this.#resumed.push({ cursor, channel });
    this.#shared.pump.cursorSet(cursor, this);
  }

  /** Does anything bring this session what comes of a channel's stream from now on? */
  followsStream(channel: Channel, stream: Stream): boolean {
    if (this.follows.get(channel)?.follows(stream) === true) return true;
    return this.#resumed?.some(({ cursor }) => cursor.only === stream) ?? false;
  }

  /** Is it bringing anybody a reply that has not been told to its end? */
  get followsOpenStream(): boolean {
    for (const channel of this.follows.channels()) {
      for (const run of channel.openRuns()) if (this.followsStream(channel, run.stream)) return true;
    }
    return !this.behind.isEmpty || (this.#resumed !== null && this.#resumed.length > 0);
  }

  /** Takes every cursor off its log and stops every timer. Returns the channels that were followed. */
  detach(): ReadonlySet<Channel> {
    const channels = new Set(this.follows.channels());
    for (const cursor of this.follows.cursors()) detachCursor(cursor);
    for (const { cursor, channel } of this.#resumed ?? []) {
      detachCursor(cursor);
      if (channel !== null) channels.add(channel);
    }
    this.follows.clear();
    this.#resumed = null;
    this.behind.clear();
    this.heartbeat.stop();
    this.courier.leave();
    this.#shared.trace.unwatch(this);
    if (this.#backlog !== null) {
      this.#shared.wheel.cancel(this.#backlog);
      this.#backlog.count(0);
    }
    return channels;
  }

  #drop(cursor: Cursor): void {
    detachCursor(cursor);
    this.cursorFinished(cursor);
    this.behind.remove(cursor);
  }

  // --- delivery (StreamReader) -----------------------------------------------------------

  get held(): boolean {
    return this.peer.closed || this.#openBatches > 0;
  }

  get hasRoom(): boolean {
    return this.peer.hasRoom;
  }

  get unsentBytes(): number {
    return this.peer.unsentBytes;
  }

  get backlogBytes(): number {
    return this.peer.backlogBytes;
  }

  sendFrame(frame: Frame): void {
    if (this.#shared.trace.on) this.#shared.trace.sentOfLog(this.peer, frame.text);
    if (frame.bytes > this.#largestBytes) this.#largestBytes = frame.bytes;
    if (this.peer.send(frame.text, frame.bytes) < 0) {
      this.peer.close('tryAgainLater');
      return;
    }
    const { metrics } = this.#shared;
    metrics.messagesSent += 1;
    metrics.sentBytes += frame.bytes;
    if (frame.chunks > 0) {
      metrics.chunksSent += frame.chunks;
      metrics.chunksMerged += frame.chunks - 1;
    }
  }

  cursorFinished(cursor: Cursor): void {
    if (cursor.only === null) {
      for (const channel of this.follows.channels()) {
        if (this.follows.get(channel) === cursor) this.follows.delete(channel);
      }
      return;
    }
    const done = this.#resumed?.find((other) => other.cursor === cursor);
    if (done === undefined) return;
    this.#resumed = this.#resumed?.filter((other) => other !== done) ?? null;
    if (this.#resumed?.length === 0) this.#resumed = null;
    if (done.channel === null) this.onStoredTextDone?.();
  }

  cursorLost(): void {
    this.peer.close('tryAgainLater');
  }

  flushed(): void {
    if (this.peer.closed) return;
    if (this.peer.unsentBytes === 0) {
      this.#largestBytes = 0;
      this.#backlog?.count(0);
      return;
    }
    const { backlogBytes } = this.peer;
    if (backlogBytes - this.#largestBytes > this.#shared.limits.maxReplyBacklogBytes)
      this.peer.close('tryAgainLater');
    else this.#watchBacklog(backlogBytes);
  }

  openBatch(): void {
    this.#openBatches += 1;
  }

  closeBatch(): void {
    this.#openBatches -= 1;
    if (this.#openBatches === 0) this.#shared.pump.readerReady(this);
  }

  /** The socket has sent some of what was unsent. */
  drained(): void {
    // Whole, so that it costs no box; upwards, as the heartbeat wants it.
    this.#lastProgressMs = Math.ceil(this.#shared.clock.nowMs());
    this.lastDrainedMs = this.#lastProgressMs;
    this.#backlog?.count(this.peer.backlogBytes);
    if (!this.behind.isEmpty) this.#shared.pump.readerReady(this);
  }

  /**
   * Something that was on its way to the socket of another thread has come there, taken by it or not. No sign of life:
   * the kernel takes what a client that has vanished will never get.
   */
  arrived(): void {
    if (this.peer.backlogBytes > 0) {
      this.flushed();
      return;
    }
    this.#backlog?.count(0);
    if (this.peer.unsentBytes === 0) this.#largestBytes = 0;
    if (this.#backlog?.scheduled === true) {
      this.#lastProgressMs = Math.ceil(this.#shared.clock.nowMs());
    }
    if (!this.behind.isEmpty && this.peer.hasRoom) this.#shared.pump.readerReady(this);
  }

  // --- heartbeat (HeartbeatPeer, CourierPeer) ----------------------------------------------

  sendPing(seq: number): void {
    this.#shared.metrics.heartbeats.sent += 1;
    const notifications = this.courier.carry(seq);
    const isEmpty = notifications.length === 0;
    this.say(isEmpty ? emptyPing(seq) : notificationFrame('heartbeat.ping', { seq, notifications }));
  }

  pingNow(): void {
    this.heartbeat.ping();
  }

  heartbeatMissed(): void {
    this.#shared.metrics.heartbeats.missed += 1;
  }

  heartbeatLost(): void {
    this.peer.close('heartbeatTimeout');
  }

  #watchBacklog(bytes: number): void {
    this.#backlog ??= new BacklogWatch(this, this.#shared.metrics);
    this.#backlog.count(bytes);
    if (this.#backlog.scheduled) return;
    const nowMs = this.#shared.clock.nowMs();
    this.#lastProgressMs = Math.ceil(nowMs);
    this.#shared.wheel.schedule(this.#backlog, nowMs + BACKLOG_CHECK_MS);
  }

  /** Is a client still taking what it is sent? Also the belt for a drain event that never comes. */
  checkBacklog(nowMs: number): void {
    if (this.peer.closed) return;
    this.#backlog?.count(this.peer.backlogBytes);
    if (!this.behind.isEmpty && this.peer.hasRoom) this.#shared.pump.readerReady(this);
    if (this.peer.unsentBytes === 0) return;
    if (nowMs - this.#lastProgressMs >= this.#shared.limits.maxBacklogMs) this.peer.close('tryAgainLater');
    else if (this.#backlog !== null) this.#shared.wheel.schedule(this.#backlog, nowMs + BACKLOG_CHECK_MS);
  }
}
