/** `channel.*`: isolated conversation contexts of one principal (protocol section 4). */
import { Type } from 'typebox';
import {
  ChannelName,
  Count,
  closed,
  Id,
  Metadata,
  method,
  notification,
  RequestMetadata,
  RunningStreams,
  Timestamp,
} from './define.js';

const head = { target: 'ChannelManager', scope: 'channels' } as const;

export const Channel = Type.Object({
  channel_id: Id,
  name: ChannelName,
  metadata: Metadata,
  created_at: Timestamp,
});

export const channel = {
  'channel.create': method(
    { ...head, summary: 'Create a new Channel', once: true },
    closed({ name: Type.Optional(ChannelName), metadata: Type.Optional(RequestMetadata) }),
    Channel,
  ),
  'channel.switch': method(
    { ...head, summary: 'Switch Channel' },
    closed({ channel_id: Id }),
    Type.Object({ channel_id: Id, name: ChannelName, previous: Id, streams: RunningStreams }),
  ),
  'channel.list': method(
    { ...head, summary: 'List all Channels' },
    closed({}),
    Type.Object({
      channels: Type.Array(
        Type.Object({
          channel_id: Id,
          name: ChannelName,
          metadata: Metadata,
          created_at: Timestamp,
          message_count: Count,
          last_activity_at: Timestamp,
          subscribed: Type.Boolean(),
        }),
      ),
      current: Id,
    }),
  ),
  'channel.update': method(
    { ...head, summary: 'Change a Channel’s name or metadata' },
    closed({ channel_id: Id, name: Type.Optional(ChannelName), metadata: Type.Optional(RequestMetadata) }),
    Channel,
  ),
  'channel.delete': method(
    { ...head, summary: 'Delete a Channel and everything said in it', once: true },
    closed({ channel_id: Id }),
    Type.Object({ deleted: Type.Boolean() }),
  ),
  'channel.subscribe': method(
    { ...head, summary: 'Follow what happens in a Channel' },
    closed({ channel_id: Id }),
    Type.Object({ channel_id: Id, subscribed: Type.Boolean(), streams: Type.Optional(RunningStreams) }),
  ),
  'channel.unsubscribe': method(
    { ...head, summary: 'Stop following a Channel' },
    closed({ channel_id: Id }),
    Type.Object({ channel_id: Id, subscribed: Type.Boolean(), streams: Type.Optional(RunningStreams) }),
  ),
  'channel.changed': notification(
    { ...head, summary: 'A Channel was created, updated or deleted by another connection' },
    Type.Object({
      channel_id: Id,
      change: Type.Enum(['created', 'updated', 'deleted']),
      channel: Type.Optional(Channel),
    }),
  ),
};
