/** `channel.*`: the Channel Manager's methods (protocol section 4). */

import { PROTOCOL } from '../../../schemas/codes.js';
import type { Params } from '../../../schemas/methods.js';
import type { ChannelRecord, MemoryPort } from '../../backends/memory/port.js';
import { randomHex } from '../ids.js';
import { fail } from '../rpc/failure.js';
import { notificationFrame } from '../rpc/reply.js';
import type { Handlers } from '../rpc/router.js';
import type { Runs } from '../runs/runs.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import type { Clock } from '../time/clock.js';
import { Channel, DEFAULT_CHANNEL_ID } from './channel.js';
import { runningStreams } from './follow.js';
import { checkText } from './metadata.js';
import type { Principal } from './principal.js';

type ChannelHandlers = Pick<Handlers, Extract<keyof Handlers, `channel.${string}`>>;
type Changed = Params<'channel.changed'>;

export const timestamp = (ms: number): string => new Date(ms).toISOString();

const describe = (record: ChannelRecord) => ({
  channel_id: record.channelId,
  name: record.name,
  metadata: record.metadata,
  created_at: timestamp(record.createdAtMs),
});

/** Tells the principal's connections but `except`, as far as they may see channels. */
const announce = (principal: Principal, change: Changed, except: Session | null): void => {
  const frame = notificationFrame('channel.changed', change);
  for (const other of principal.sessions) {
    if (other !== except && (other.scopeBits & SCOPE_BIT.channels) !== 0) other.notify(frame);
  }
};

/** The store has come by a channel without anybody's call: whoever is connected sees it from now on. */
export const adoptChannel = (principal: Principal, record: ChannelRecord): void => {
  if (principal.channels.has(record.channelId)) return;
  principal.channels.set(record.channelId, new Channel(principal, record.channelId, record.name));
  announce(principal, { channel_id: record.channelId, change: 'created', channel: describe(record) }, null);
};

/**
 * The store has forgotten a channel: what runs there is cancelled and told to be, whoever had it
 * as current channel is on `default`, and nobody follows it any more.
 */
const close = async (principal: Principal, channel: Channel, runs: Runs): Promise<void> => {
  channel.deleted = true;
  principal.channels.delete(channel.id);
  for (const session of principal.sessions) {
    if (session.current === channel) session.current = principal.defaultChannel;
  }
  await runs.cancelAll(channel);
  channel.log.closed = true;
  for (const session of principal.sessions) {
    // One that has yet to read the end leaves by itself once it has.
    if (session.follows.get(channel)?.finished === true) session.unsubscribe(channel);
  }
};

export const channelMethods = (options: {
  readonly memory: MemoryPort;
  readonly runs: Runs;
  readonly clock: Clock;
}): ChannelHandlers => {
  const { memory, runs, clock } = options;
  const find = (session: Session, id: string): Channel | undefined => session.principal.channels.get(id);

  /** Subscribes, and says what was already running there. */
  const follow = (session: Session, channel: Channel) => {
    session.subscribe(channel);
    return runningStreams(session, [channel]);
  };

  return {
    'channel.create': async (session, { name, metadata }) => {
      const problem = checkText({ texts: { name }, metadata });
      if (problem !== null) return problem;
      const { principal } = session;
      const channelId = `ch-${randomHex(8)}`;
      const record = {
        channelId,
        name: name ?? channelId,
        metadata: metadata ?? {},
        createdAtMs: clock.wallMs(),
      };
      const outcome = await memory.createChannel(principal.name, record, PROTOCOL.maxChannelsPerPrincipal);
      if (outcome === 'limit-reached') {
        const reason = `${PROTOCOL.maxChannelsPerPrincipal} channels is the limit; delete one first`;
        return fail('permissionDenied', { reason });
      }
      const channel = new Channel(principal, channelId, record.name);
      principal.channels.set(channelId, channel);
      if (!session.peer.closed) session.subscribe(channel);
      announce(principal, { channel_id: channelId, change: 'created', channel: describe(record) }, session);
      return describe(record);
    },

    'channel.switch': (session, { channel_id: id }) => {
      const channel = find(session, id);
      if (channel === undefined) return fail('channelNotFound');
      const previous = session.current.id;
      session.current = channel;
      return { channel_id: id, name: channel.name, previous, streams: follow(session, channel) };
    },

    'channel.list': async (session) => {
      const summaries = await memory.listChannels(session.principal.name);
      const channels = summaries.map((summary) => {
        const channel = find(session, summary.channelId);
        return {
          ...describe(summary),
          message_count: summary.messageCount,
          last_activity_at: timestamp(summary.lastActivityAtMs),
          subscribed: channel !== undefined && session.follows.has(channel),
        };
      });
      return { channels, current: session.current.id };
    },

    'channel.update': async (session, { channel_id: id, name, metadata }) => {
      const problem = checkText({ texts: { name }, metadata });
      if (problem !== null) return problem;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(metadata === undefined ? {} : { metadata }),
      };
      const record = await memory.updateChannel(session.principal.name, id, change);
      const channel = find(session, id);
      if (record === null || channel === undefined) return fail('channelNotFound');
      channel.name = record.name;
      announce(session.principal, { channel_id: id, change: 'updated', channel: describe(record) }, session);
      return describe(record);
    },

    'channel.delete': async (session, { channel_id: id }) => {
      if (id === DEFAULT_CHANNEL_ID) {
        return fail('permissionDenied', { reason: `the channel ${DEFAULT_CHANNEL_ID} cannot be deleted` });
      }
      const { principal } = session;
      const deleted = await memory.deleteChannel(principal.name, id);
      const channel = find(session, id);
      if (!deleted || channel === undefined) return fail('channelNotFound');
      void close(principal, channel, runs);
      announce(principal, { channel_id: id, change: 'deleted' }, session);
      return { deleted: true };
    },

    'channel.subscribe': (session, { channel_id: id }) => {
      const channel = find(session, id);
      if (channel === undefined) return fail('channelNotFound');
      return { channel_id: id, subscribed: true, streams: follow(session, channel) };
    },

    'channel.unsubscribe': (session, { channel_id: id }) => {
      const channel = find(session, id);
      if (channel === undefined) return fail('channelNotFound');
      session.unsubscribe(channel);
      runs.followersChanged(channel);
      return { channel_id: id, subscribed: false };
    },
  };
};
