/** One example of each message; the compiler holds them to the method table. */
import type { ClientMethod, Notified, Params, Result, ServerNotification } from '../../schemas/methods.js';
import { VERSION } from '../../schemas/version.js';

const message_id = 'msg-7f3a';
const channel = 'default';
const notification_id = 'ntf-019d0a3c7f2e';
const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const created_at = '2026-03-20T10:15:23Z';
const example = {
  channel_id: 'ch-a1b2c3',
  name: 'code-review-project-x',
  metadata: { project: 'project-x', purpose: 'code-review' },
  created_at,
};
const { channel_id } = example;

export const CALLS: {
  readonly [N in ClientMethod]: { readonly params: Params<N>; readonly result: Result<N> };
} = {
  'auth.handshake': {
    params: { client_id: 'cli-macbook-pro', client_version: VERSION, token: 'oc_local_xxxxxxxxxxxx' },
    result: {
      session_id: 'sess-a1b2c3d4',
      channels: ['default'],
      heartbeat_interval: 30,
      server_version: VERSION,
      scopes: ['chat', 'channels', 'memory', 'skills', 'status'],
      limits: { max_message_bytes: 1_048_576, messages_per_second: 10, burst_size: 20 },
      resumed: false,
      streams: [],
    },
  },
  'chat.send': { params: { message: 'How is the weather today?' }, result: { message_id, channel, seq: 1 } },
  'chat.cancel': { params: { message_id }, result: { cancelled: true } },
  'chat.resume': { params: { message_id, after_index: 41 }, result: { state: 'streaming', recovered: true } },
  'chat.history': {
    params: { channel, limit: 2 },
    result: {
      messages: [
        { message_id, seq: 1, role: 'user', content: 'How is the weather today?', created_at },
        { message_id, seq: 2, role: 'assistant', content: 'Sunny.', created_at, finish_reason: 'stop' },
      ],
      has_more: false,
    },
  },
  'channel.create': { params: { name: example.name, metadata: example.metadata }, result: example },
  'channel.switch': {
    params: { channel_id },
    result: { channel_id, name: example.name, previous: channel, streams: [] },
  },
  'channel.list': {
    params: {},
    result: {
      channels: [{ ...example, message_count: 2, last_activity_at: created_at, subscribed: true }],
      current: channel_id,
    },
  },
  'channel.update': { params: { channel_id, name: 'review' }, result: { ...example, name: 'review' } },
  'channel.delete': { params: { channel_id }, result: { deleted: true } },
  'channel.subscribe': {
    params: { channel_id },
    result: { channel_id, subscribed: true, streams: [{ message_id, channel: channel_id, next_index: 12 }] },
  },
  'channel.unsubscribe': { params: { channel_id }, result: { channel_id, subscribed: false } },
  'memory.search': {
    params: { query: 'weather', limit: 1 },
    result: {
      results: [{ message_id, channel, role: 'assistant', content: 'Sunny.', score: 1.5, created_at }],
    },
  },
  'memory.stats': {
    params: {},
    result: {
      schema_version: 2,
      database_bytes: 10_485_760,
      log_bytes: 65_536,
      free_bytes: 4096,
      principals: 2,
      channels: 5,
      messages: 1847,
      open_replies: 1,
      notifications: 3,
      oldest_message_at: created_at,
      newest_message_at: created_at,
    },
  },
  'memory.backup': {
    params: { name: 'before-upgrade.db' },
    result: {
      path: '/home/ada/.openclaw/backups/before-upgrade.db',
      bytes: 10_485_760,
      channels: 5,
      messages: 1847,
      duration_ms: 210,
    },
  },
  'memory.export': {
    params: { principal: 'local', limit: 2 },
    result: {
      lines: [
        '{"type":"export","version":1}',
        '{"type":"channel","principal":"local","channel_id":"default","name":"default","created_at":"2026-03-20T10:15:23.000Z","metadata":{}}',
      ],
      next: '1.0.default',
    },
  },
  'memory.import': {
    params: { lines: ['{"type":"export","version":1}', '{"type":"channel"}'] },
    result: { imported: 0, skipped: 0, errors: [{ line: 2, message: 'principal is missing' }] },
  },
  'memory.vacuum': { params: {}, result: { database_bytes: 8_388_608, freed_bytes: 2_097_152 } },
  'memory.check': { params: {}, result: { ok: true, problems: [], duration_ms: 340 } },
  'skill.list': {
    params: {},
    result: {
      skills: [
        {
          name: 'files.read_text_file',
          description: 'Read the complete contents of a file as text',
          source: 'files',
          parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
          state: 'ready',
        },
      ],
    },
  },
  'skill.servers': {
    params: {},
    result: {
      servers: [
        {
          name: 'files',
          state: 'changed',
          reason: 'It offers other tools than were approved.',
          skills: 14,
          hash,
          added: ['delete_file'],
          changed: [],
          removed: [],
        },
      ],
    },
  },
  'skill.approve': { params: { server: 'files', hash }, result: { approved: true } },
  'skill.call': {
    params: { skill: 'time.now', arguments: { zone: 'Europe/Berlin' } },
    result: {
      invocation_id: 'inv-1',
      ok: true,
      background: false,
      result: 'Friday, 20 March 2026 at 11:15:23 CET (2026-03-20T10:15:23.000Z)',
      duration_ms: 3,
    },
  },
  'heartbeat.pong': { params: { seq: 42, client_load: 0.45 }, result: {} },
  'system.status': {
    params: {},
    result: {
      uptime_seconds: 15_795,
      active_connections: 2,
      total_messages: 1847,
      messages_per_second: 0.12,
      active_channels: 3,
      memory_bytes: 47_185_920,
      heartbeat_ok: 2,
      heartbeat_total: 2,
      rate_limit_hits: 0,
      client_load: 0.45,
      server_version: VERSION,
    },
  },
  'system.methods': {
    params: {},
    result: {
      methods: [
        {
          name: 'system.ping',
          direction: 'Client → Server',
          target: 'SystemController',
          scope: null,
          summary: 'Answer at once',
        },
      ],
    },
  },
  'system.ping': { params: {}, result: { pong: true } },
  'system.notify': {
    params: { type: 'reminder', msg: 'Meeting at 3 PM', at: '2026-03-20T14:45:00Z' },
    result: { notification_id },
  },
  'system.notifications': {
    params: {},
    result: {
      notifications: [
        {
          notification_id,
          principal: 'local',
          type: 'reminder',
          msg: 'Meeting at 3 PM',
          created_at,
          due_at: '2026-03-20T14:45:00Z',
          state: 'scheduled',
        },
      ],
      has_more: false,
    },
  },
  'system.notify_cancel': { params: { notification_id }, result: { cancelled: true } },
  'system.trace': { params: { enabled: true, verbose: false }, result: { enabled: true } },
  'system.reload': {
    params: {},
    result: { changed: ['gateway.heartbeat_interval'], needs_restart: ['gateway.port'] },
  },
  'rpc.discover': {
    params: {},
    result: { openrpc: '1.3.2', info: { title: 'OpenClaw Gateway', version: VERSION }, methods: [] },
  },
};

export const NOTIFICATIONS: { readonly [N in ServerNotification]: Notified<N> } = {
  'chat.stream': { chunk: 'Hello', index: 0, channel, message_id },
  'chat.complete': { total_tokens: 156, channel, duration_ms: 1230, message_id, finish_reason: 'stop' },
  'chat.message': { channel, message_id, seq: 1, message: 'How is the weather today?', client_id: 'web' },
  'channel.changed': { channel_id, change: 'created', channel: example },
  'skill.invoke': {
    invocation_id: 'inv-1',
    skill: 'time.now',
    arguments: { zone: 'UTC' },
    channel,
    message_id,
  },
  'skill.result': {
    invocation_id: 'inv-1',
    skill: 'time.now',
    ok: true,
    result: 'Friday, 20 March 2026 at 10:15:23 UTC (2026-03-20T10:15:23.000Z)',
    duration_ms: 3,
    channel,
    message_id,
  },
  'heartbeat.ping': {
    seq: 42,
    notifications: [{ id: notification_id, type: 'reminder', msg: 'Meeting at 3 PM', created_at }],
  },
  'system.trace': {
    events: [
      {
        time: '2026-03-20T10:15:23.104Z',
        kind: 'RECV',
        msg_id: 'msg-001',
        method: 'chat.send',
        channel,
        client_id: 'web',
        size_bytes: 128,
      },
    ],
    lost: 0,
  },
  'system.goaway': { reason: 'Server shutdown', grace_seconds: 20 },
};
