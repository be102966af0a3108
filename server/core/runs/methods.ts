/** `chat.*`: the Reasoning Layer's methods (protocol sections 4 and 5). */

import { PROTOCOL } from '../../../schemas/codes.js';
import type { MemoryPort } from '../../backends/memory/port.js';
import type { Channel } from '../channels/channel.js';
import { checkText } from '../channels/metadata.js';
import { timestamp } from '../channels/methods.js';
import type { Principal } from '../channels/principal.js';
import { timedHex } from '../ids.js';
import { type Failure, fail } from '../rpc/failure.js';
import { notificationFrame } from '../rpc/reply.js';
import type { Handlers } from '../rpc/router.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import { hasOtherReader } from '../streams/cursor.js';
import type { Pump } from '../streams/pump.js';
import { contextIn } from '../telemetry/traceparent.js';
import type { Span } from '../telemetry/tracer.js';
import type { Clock } from '../time/clock.js';
import { resumeRun } from './resume.js';
import { messageBytes, Run, type RunOrigin } from './run.js';
import type { Runs } from './runs.js';

type ChatHandlers = Pick<Handlers, Extract<keyof Handlers, `chat.${string}`>>;

const DEFAULT_HISTORY_LIMIT = 50;
/** Hint of 4290: a reply takes seconds, so a place is rarely free sooner. */
const BUSY_RETRY_MS = 1000;

export interface ChatOptions {
  readonly memory: MemoryPort;
  readonly runs: Runs;
  readonly pump: Pump;
  readonly clock: Clock;
  /** True once no new work is taken. */
  readonly draining: () => boolean;
}

export const chatMethods = (options: ChatOptions): ChatHandlers => {
  const { memory, runs, pump, clock, draining } = options;

  const findChannel = (session: Session, id: string | undefined): Channel | undefined =>
    id === undefined ? session.current : session.principal.channels.get(id);

  /** The message stands in the store: its channel hears of it, and its reply gets its place. */
  const accept = (session: Session, channel: Channel, run: Run): void => {
    const { log } = channel;
    if (!session.peer.closed) {
      session.subscribe(channel);
      runs.followersChanged(channel);
    }
    // Whoever comes later begins behind it: without another reader nobody would ever read it.
    if (hasOtherReader(log, session)) {
      const heard = { channel: channel.id, message_id: run.messageId, seq: run.seq, message: run.message };
      const frame = notificationFrame('chat.message', { ...heard, client_id: session.clientId });
      log.appendFrame(frame, SCOPE_BIT.chat, null, session);
      pump.logGrew(log);
    }
    runs.enqueue(run);
  };

  return {
    'chat.send': async (session, params, span) => {
      const { message, channel: channelId, idempotency_key: key, metadata } = params;
      if (draining()) return fail('shuttingDown');
      const problem = checkText({ texts: { message, idempotency_key: key }, metadata });
      if (problem !== null) return problem;
      const channel = findChannel(session, channelId);
      if (channel === undefined) return fail('channelNotFound');
      const busy = fail('channelBusy', { retry_after_ms: BUSY_RETRY_MS });
      // A repeated message needs no place: whoever has lost its answer gets it again.
      const { principal } = session;
      const bytes = messageBytes(message);
      const onlyRepeated = channel.full || isTooMuch(principal, bytes);
      if (onlyRepeated && key === undefined) return busy;
      const places = onlyRepeated ? 0 : 1;
      channel.arriving += places;
      principal.unansweredBytes += bytes;
      let accepted = false;
      try {
        const createdAtMs = clock.wallMs();
        const messageId = `msg-${timedHex(createdAtMs)}`;
        const stored = await memory.addMessage({
          principal: principal.name,
          channelId: channel.id,
          messageId,
          clientId: session.clientId,
          content: message,
          metadata: metadata ?? null,
          idempotencyKey: key ?? null,
          onlyRepeated,
          createdAtMs,
        });
        if (stored.outcome === 'conflict') return fail('conflict');
        if (stored.outcome === 'no-room') return busy;
        if (stored.outcome === 'repeated') {
          const earlier = principal.channels.get(stored.channelId);
          if (earlier !== undefined && !session.peer.closed) session.subscribe(earlier);
          return { message_id: stored.messageId, channel: stored.channelId, seq: stored.seq };
        }
        if (stored.outcome === 'no-channel' || channel.deleted) return fail('channelNotFound');
        const origin = originOf(session, params, span, channel.id, messageId);
        accept(session, channel, new Run(channel, messageId, message, stored.seq, origin));
        accepted = true;
        return { message_id: messageId, channel: channel.id, seq: stored.seq };
      } finally {
        channel.arriving -= places;
        // What was accepted is given back when it has its reply.
        if (!accepted) principal.unansweredBytes -= bytes;
      }
    },

    'chat.cancel': (session, { message_id: messageId }) => {
      const run = session.principal.runs.get(messageId);
      if (run !== undefined) return { cancelled: runs.cancel(run) };
      return cancelEnded(memory, session, messageId);
    },

    'chat.resume': (session, { message_id: messageId, after_index: afterIndex }) =>
      resumeRun({ memory, runs }, session, messageId, afterIndex ?? -1),

    'chat.history': async (session, { channel: channelId, before, limit }) => {
      const channel = findChannel(session, channelId);
      if (channel === undefined) return fail('channelNotFound');
      const page = await memory.history(session.principal.name, channel.id, {
        before: before ?? null,
        limit: limit ?? DEFAULT_HISTORY_LIMIT,
        maxBytes: PROTOCOL.maxHistoryPageBytes,
      });
      if (page === null) return fail('channelNotFound');
      const messages = page.messages.map((message) => ({
        message_id: message.messageId,
        seq: message.seq,
        role: message.role,
        content: message.content,
        created_at: timestamp(message.createdAtMs),
        ...(message.finishReason === undefined ? {} : { finish_reason: message.finishReason }),
        ...(message.skills === undefined ? {} : { skills: [...message.skills] }),
      }));
      return { messages, has_more: page.hasMore };
    },
  };
};

/** The span of a reply begins with its place in the queue. */
const originOf = (
  session: Session,
  params: object,
  span: Span,
  channelId: string,
  messageId: string,
): RunOrigin => ({
  sessionId: session.sessionId,
  clientId: session.clientId,
  traceId: span.traceId ?? contextIn(params)?.traceId ?? session.traceId,
  span: span.child('chat.reply', { 'openclaw.channel_id': channelId, 'openclaw.message_id': messageId }),
});

/** However many channels it has, its unanswered messages have one bound; a single one always fits. */
const isTooMuch = ({ unansweredBytes }: Principal, bytes: number): boolean =>
  unansweredBytes > 0 && unansweredBytes + bytes > PROTOCOL.maxUnansweredBytesPerPrincipal;

/** A run that nobody remembers has ended, or never was. */
const cancelEnded = async (
  memory: MemoryPort,
  session: Session,
  messageId: string,
): Promise<{ cancelled: boolean } | Failure> => {
  const reply = await memory.findReply(session.principal.name, messageId);
  return reply === null ? fail('messageNotFound') : { cancelled: false };
};
