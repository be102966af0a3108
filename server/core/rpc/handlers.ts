/** Every method's handler, by the component it is routed to. */
import type { GatewayMetrics } from '../../../metrics/metrics.js';
import type { RateWindow } from '../../../metrics/rate-window.js';
import { METHODS } from '../../../schemas/generated/methods.js';
import { OPENRPC_JSON } from '../../../schemas/generated/openrpc.js';
import type { MemoryPort } from '../../backends/memory/port.js';
import type { SystemPort } from '../../backends/system/port.js';
import { isActive } from '../channels/census.js';
import { adoptChannel, channelMethods, timestamp } from '../channels/methods.js';
import type { Principals } from '../channels/principal.js';
import { operatorMethods } from '../memory/operator-methods.js';
import type { NotificationSettings } from '../notifications/courier.js';
import { notificationMethods } from '../notifications/methods.js';
import type { Notifications } from '../notifications/notifications.js';
import { chatMethods } from '../runs/methods.js';
import type { Runs } from '../runs/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Catalogue } from '../skills/catalogue.js';
import { skillMethods } from '../skills/methods.js';
import type { SkillRuns } from '../skills/skill-runs.js';
import type { Pump } from '../streams/pump.js';
import type { Clock } from '../time/clock.js';
import type { Trace } from '../trace/trace.js';
import { fail } from './failure.js';
import { type Handlers, RawJson } from './router.js';

const DEFAULT_SEARCH_LIMIT = 20;

export interface HandlersOptions {
  readonly memory: MemoryPort;
  readonly catalogue: Catalogue;
  readonly skillRuns: SkillRuns;
  readonly system: SystemPort;
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly principals: Principals;
  readonly notifications: Notifications;
  readonly notificationSettings: NotificationSettings;
  readonly pump: Pump;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly metrics: GatewayMetrics;
  readonly messageRate: RateWindow;
  readonly serverVersion: string;
  readonly draining: () => boolean;
}

export const buildHandlers = (options: HandlersOptions): Handlers => ({
  ...chatMethods(options),
  ...channelMethods(options),
  ...memoryMethods(options),
  ...operatorMethods({
    memory: options.memory,
    clock: options.clock,
    isRunning: async (principal, messageId) =>
      (await options.principals.inUse(principal))?.runs.has(messageId) ?? false,
    onImported: async (channel) => {
      const principal = await options.principals.inUse(channel.principal);
      if (principal !== null) adoptChannel(principal, channel);
    },
  }),
  ...skillMethods(options),
  ...heartbeatMethods(options),
  ...systemMethods(options),
  ...notificationMethods(options),
});

const memoryMethods = ({ memory }: HandlersOptions): Pick<Handlers, 'memory.search'> => ({
  'memory.search': async (session, { query, channel, limit }) => {
    const id = channel ?? session.current.id;
    const ask = { query, limit: limit ?? DEFAULT_SEARCH_LIMIT };
    const hits = await memory.search(session.principal.name, id, ask);
    if (hits === null) return fail('channelNotFound');
    const results = hits.map((hit) => ({
      message_id: hit.messageId,
      channel: hit.channelId,
      role: hit.role,
      content: hit.content,
      score: hit.score,
      created_at: timestamp(hit.createdAtMs),
    }));
    return { results };
  },
});

const EMPTY = new RawJson('{}');

const heartbeatMethods = ({ clock, metrics }: HandlersOptions): Pick<Handlers, 'heartbeat.pong'> => ({
  // Unknown seqs are ignored (protocol section 7).
  'heartbeat.pong': (session, { seq, client_load: clientLoad, settle = true }) => {
    const { heartbeat, courier } = session;
    const answered = heartbeat.answered(seq, clientLoad ?? null);
    metrics.heartbeats.answered += answered;
    const settled = settle && seq <= heartbeat.sentSeq ? courier.acknowledged(seq) : 0;
    if (answered === 0 && settled === 0) session.takeIdlePong(clock.nowMs());
    return EMPTY;
  },
});

const PONG = new RawJson('{"pong":true}');

const systemMethods = (
  options: HandlersOptions,
): Pick<
  Handlers,
  'system.ping' | 'system.methods' | 'system.status' | 'system.reload' | 'system.trace' | 'rpc.discover'
> => {
  const { clock, metrics, messageRate, principals, sessions, system, serverVersion, trace } = options;
  const startMs = clock.nowMs();
  return {
    'system.ping': PONG,
    'system.methods': new RawJson(JSON.stringify({ methods: METHODS })),
    'rpc.discover': new RawJson(OPENRPC_JSON),
    'system.status': () => ({
      uptime_seconds: Math.round((clock.nowMs() - startMs) / 1000),
      active_connections: sessions.count,
      total_messages: metrics.messagesReceived,
      messages_per_second: Math.round(messageRate.perSecond * 100) / 100,
      active_channels: countActiveChannels(principals, clock.nowMs()),
      memory_bytes: system.residentBytes(),
      heartbeat_total: sessions.count,
      ...heartbeatStatus(sessions),
      rate_limit_hits: metrics.rateLimitHits.messages_per_second + metrics.rateLimitHits.messages_per_minute,
      server_version: serverVersion,
    }),
    'system.trace': (session, { enabled, ...wishes }) => {
      if (enabled) trace.watch(session, wishes);
      else trace.unwatch(session);
      return { enabled };
    },
    'system.reload': async (session) => {
      const reloaded = await system.reload(session);
      if (reloaded.outcome === 'refused') return fail('invalidRequest', { reason: reloaded.reason });
      return { changed: [...reloaded.changed], needs_restart: [...reloaded.needsRestart] };
    },
  };
};

/** How many have answered their last ping, and how busy those say they are who say it. */
const heartbeatStatus = (sessions: Sessions) => {
  let ok = 0;
  let loadSum = 0;
  let loads = 0;
  for (const { heartbeat } of sessions.values()) {
    if (heartbeat.ok) ok += 1;
    if (heartbeat.clientLoad === null) continue;
    loadSum += heartbeat.clientLoad;
    loads += 1;
  }
  return { heartbeat_ok: ok, client_load: loads === 0 ? null : Math.round((loadSum / loads) * 100) / 100 };
};

/** Channels that somebody follows, or in which something happened during the last hour. */
const countActiveChannels = (principals: Principals, nowMs: number): number => {
  let active = 0;
  for (const principal of principals.values()) {
    for (const channel of principal.channels.values()) {
      if (isActive(channel, nowMs)) active += 1;
    }
  }
  return active;
};
