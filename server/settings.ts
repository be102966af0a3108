/**
 * What the configuration means to each part: options in the parts' own words and units. The
 * objects stay the same over a reload and only their values change, so that every part sees a
 * change at once.
 */
import { availableParallelism, networkInterfaces } from 'node:os';
import { CONFIG_OPTIONS, type Config } from '../schemas/config.js';
import type { MemoryLimits } from './backends/memory/sqlite.js';
import type { RateLimits } from './core/limits/rate-limiter.js';
import type { NotificationSettings } from './core/notifications/courier.js';
import type { HeartbeatLimits } from './core/sessions/heartbeat.js';
import { AllowList } from './core/skills/allow.js';
import type { SkillRules } from './core/skills/catalogue.js';
import type { SkillLimits } from './core/skills/skill-runs.js';
import { TrustedProxies } from './socket/client-address.js';
import { CAN_SHARE_PORT } from './socket/port.js';
import { hostName, type OriginRules } from './socket/upgrade.js';

/** Descriptors kept for everything that is no client connection. */
const RESERVED_DESCRIPTORS = 256;
/** More than this needs what is no socket thread, and each of those. */
const OWN_DESCRIPTORS = 128;
const THREAD_DESCRIPTORS = 8;
/** The greatest number that a limit may be configured to. */
const NO_LIMIT = 1e9;
const DAY_MS = 24 * 60 * 60 * 1000;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
const WILDCARDS = new Set(['0.0.0.0', '::']);

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

export interface SettingsFacts {
  /** Null where the system sets none. */
  readonly descriptorLimit: number | null;
  /** Null without TLS. */
  readonly certificateNames: readonly string[] | null;
}

/** 0 stands for no limit. */
const orUnlimited = (limit: number): number => (limit === 0 ? Number.POSITIVE_INFINITY : limit);

const servedHosts = (
  { gateway }: Config,
  certificateNames: readonly string[] | null,
): ReadonlySet<string> => {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (list) => list?.map((one) => one.address) ?? [],
  );
  const names = [
    ...LOOPBACK_NAMES,
    ...(WILDCARDS.has(gateway.host) ? addresses : [gateway.host]),
    ...(certificateNames ?? []),
    ...gateway.allowed_hosts,
  ];
  return new Set(
    names.map((name) =>
      name.startsWith('*.') ? name.toLowerCase() : (hostName(name.includes(':') ? `[${name}]` : name) ?? ''),
    ),
  );
};

const threadsOf = (workers: Config['gateway']['workers']): number => {
  if (workers !== 'auto') return workers;
  return CAN_SHARE_PORT ? Math.min(availableParallelism(), CONFIG_OPTIONS['gateway.workers'].max) : 1;
};

export class Settings {
  readonly #descriptorLimit: number;
  #certificateNames: readonly string[] | null;
  #config: Config;
  /** Socket threads; 1: the thread of the core has the sockets. */
  readonly workers: number;
  readonly admission = {
    maxConnections: 0,
    maxConnectionsPerAddress: 0,
    maxUnauthenticated: 0,
    maxUnauthenticatedPerAddress: 0,
  };
  readonly session = { maxBacklogMs: 0, maxReplyBacklogBytes: 0 };
  readonly rateLimits: RateLimits = {
    enabled: true,
    messagesPerSecond: 0,
    messagesPerMinute: 0,
    burstSize: 0,
    cooldownMs: 0,
  };
  readonly heartbeat: HeartbeatLimits = { intervalMs: 0, timeoutMs: 0, maxMissed: 0 };
  readonly notifications: NotificationSettings = { proactive: true, timezone: '' };
  readonly lobby = {
    authTimeoutMs: 0,
    heartbeatIntervalSeconds: 0,
    maxMessageBytes: 0,
    messagesPerSecond: 0,
    burstSize: 0,
  };
  readonly runs = { detachedTimeoutMs: 0, recallTokens: 0 };
  readonly agent = { maxSteps: 0 };
  readonly streams = { maxStreams: 0, maxStreamsPerPrincipal: 0 };
  readonly compaction = { compactAfterMessages: 0, recallTokens: 0, retentionMs: 0 };
  readonly skills: SkillLimits = {
    timeoutMs: 0,
    backgroundTimeoutMs: 0,
    maxOutputBytes: 0,
    maxConcurrent: 0,
  };
  readonly skillRules: SkillRules = { builtIn: new AllowList([]), servers: new Map() };
  memory: MemoryLimits = { retentionMs: 0, maxChannelMessages: 0 };
  drainMs = 0;
  #served: ReadonlySet<string> = new Set();
  #allowedOrigins: ReadonlySet<string> = new Set();
  /** Null: nobody is believed. */
  trustedProxies: TrustedProxies | null = null;

  constructor(config: Config, { descriptorLimit, certificateNames }: SettingsFacts) {
    this.#descriptorLimit = descriptorLimit ?? Number.POSITIVE_INFINITY;
    this.#certificateNames = certificateNames;
    this.#config = config;
    this.workers = threadsOf(config.gateway.workers);
    this.apply(config);
  }

  /** The names of the certificate that is presented from now on. */
  present(certificateNames: readonly string[]): void {
    this.#certificateNames = certificateNames;
    this.apply(this.#config);
  }

  apply(config: Config): void {
    const { gateway, chat, memory, reasoning, skills } = config;
    this.#config = config;
    const reserved = Math.max(RESERVED_DESCRIPTORS, OWN_DESCRIPTORS + this.workers * THREAD_DESCRIPTORS);
    const most = this.#descriptorLimit - reserved;
    this.admission.maxConnections = Math.max(1, Math.min(gateway.max_connections, most));
    this.admission.maxConnectionsPerAddress = gateway.max_connections_per_ip;
    this.admission.maxUnauthenticated = gateway.max_unauthenticated;
    this.admission.maxUnauthenticatedPerAddress = gateway.max_unauthenticated_per_ip;
    this.session.maxBacklogMs = gateway.max_backlog_seconds * 1000;
    this.session.maxReplyBacklogBytes = gateway.max_reply_backlog_bytes;
    const { enabled, messages_per_second, messages_per_minute, burst_size, cooldown_seconds } =
      gateway.rate_limit;
    this.rateLimits.enabled = enabled;
    this.rateLimits.messagesPerSecond = messages_per_second;
    this.rateLimits.messagesPerMinute = messages_per_minute;
    this.rateLimits.burstSize = burst_size;
    this.rateLimits.cooldownMs = cooldown_seconds * 1000;
    this.heartbeat.intervalMs = gateway.heartbeat_interval * 1000;
    this.heartbeat.timeoutMs = gateway.heartbeat_timeout * 1000;
    this.heartbeat.maxMissed = gateway.heartbeat_max_missed;
    this.notifications.proactive = gateway.proactive_notifications;
    this.notifications.timezone = gateway.timezone;
    this.lobby.authTimeoutMs = gateway.auth_timeout * 1000;
    this.lobby.heartbeatIntervalSeconds = gateway.heartbeat_interval;
    this.lobby.maxMessageBytes = gateway.max_message_bytes;
    // Clients keep to what they are told: without a limit that is the greatest one there could be.
    this.lobby.messagesPerSecond = enabled ? messages_per_second : NO_LIMIT;
    this.lobby.burstSize = enabled ? burst_size : NO_LIMIT;
    this.runs.detachedTimeoutMs = chat.detached_timeout * 1000;
    this.runs.recallTokens = memory.recall_tokens;
    this.compaction.compactAfterMessages = memory.compact_after_messages;
    this.compaction.recallTokens = memory.recall_tokens;
    this.compaction.retentionMs = memory.retention_days * DAY_MS;
    this.memory = {
      retentionMs: memory.retention_days * DAY_MS,
      maxChannelMessages: memory.max_channel_messages,
    };
    this.skills.timeoutMs = skills.timeout_seconds * 1000;
    this.skills.backgroundTimeoutMs = skills.background_timeout_seconds * 1000;
    this.skills.maxOutputBytes = skills.max_output_bytes;
    this.skills.maxConcurrent = skills.max_concurrent;
    this.skillRules.builtIn = new AllowList(skills.built_in);
    this.skillRules.servers = new Map(
      Object.entries(skills.mcp).map(([name, { allow }]) => [name, new AllowList(allow)]),
    );
    this.drainMs = gateway.drain_seconds * 1000;
    this.agent.maxSteps = reasoning.max_steps;
    this.streams.maxStreams = orUnlimited(reasoning.max_streams);
    this.streams.maxStreamsPerPrincipal = orUnlimited(reasoning.max_streams_per_principal);
    this.#served = servedHosts(config, this.#certificateNames);
    this.#allowedOrigins = new Set(gateway.allowed_origins);
    this.trustedProxies =
      gateway.trusted_proxies.length === 0 ? null : new TrustedProxies(gateway.trusted_proxies);
  }

  originRules(port: number): OriginRules {
    return {
      servedHosts: this.#served,
      allowedOrigins: this.#allowedOrigins,
      scheme: this.#certificateNames === null ? 'http' : 'https',
      port,
    };
  }
}
