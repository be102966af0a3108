/**
 * Which clause shows that a number of the protocol or a limit of the configuration holds. A number
 * or limit that is new does not compile until it is here, and the gate wants a test for its clause.
 */
import type { PROTOCOL } from '../../schemas/codes.js';
import type { ConfigKey } from '../../schemas/config.js';
import type { RequirementId } from './requirements.js';

export const PROTOCOL_CLAUSES = {
  maxIdLength: 'P2-id',
  maxBatchSize: 'P2-batch-size',
  maxUnauthenticatedMessageBytes: 'P1-stranger-bytes',
  maxUnauthenticatedMessages: 'P1-stranger-messages',
  maxHandshakeFailures: 'P3-third-failure',
  maxOpenCalls: 'P2-open-calls',
  maxWaitingBytes: 'P2-close-codes',
  maxBatchAnswerBytes: 'P2-batch-order',
  maxListedErrors: 'P2-listed-errors',
  maxChannelsPerPrincipal: 'P4-create-limit',
  maxQueuedRunsPerChannel: 'P5-queue-limit',
  maxUnansweredBytesPerPrincipal: 'P5-queue-limit',
  maxMetadataBytes: 'P4-metadata',
  maxMetadataDepth: 'P4-metadata',
  resumeWindowMs: 'P5-kept',
  maxHistoryPageBytes: 'P4-history-bytes',
  maxExportPageBytes: 'P4-memory-admin',
  maxNotificationsPerPrincipal: 'P7-limit',
  maxPingBytes: 'P7-ping-size',
  maxStreamFrameBytes: 'P5-frame-size',
} as const satisfies Readonly<Record<keyof typeof PROTOCOL, RequirementId>>;

type LimitKey = Extract<
  ConfigKey,
  | `gateway.max_${string}`
  | `gateway.heartbeat_${string}`
  | `gateway.rate_limit.${string}`
  | `gateway.allowed_${string}`
  | `reasoning.max_streams${string}`
  | `${string}_timeout`
  | `${string}_seconds`
>;

export const LIMIT_CLAUSES = {
  'gateway.heartbeat_interval': 'P7-ping',
  'gateway.heartbeat_timeout': 'P7-timeout',
  'gateway.heartbeat_max_missed': 'P7-timeout',
  'gateway.auth_timeout': 'P2-close-auth-timeout',
  'gateway.max_message_bytes': 'P1-message-limit',
  'gateway.max_connections': 'P1-max-connections',
  'gateway.max_connections_per_ip': 'P1-max-per-ip',
  'gateway.max_unauthenticated': 'P1-max-unauthenticated',
  'gateway.max_unauthenticated_per_ip': 'P1-max-unauthenticated-per-ip',
  'gateway.allowed_origins': 'P1-origin',
  'gateway.allowed_hosts': 'P1-host',
  'gateway.max_backlog_seconds': 'P2-stalled-reader',
  'gateway.max_reply_backlog_bytes': 'P2-reply-backlog',
  'gateway.drain_seconds': 'P5-drain-cut',
  'gateway.rate_limit.enabled': 'P6-disabled',
  'gateway.rate_limit.messages_per_second': 'P6-bucket',
  'gateway.rate_limit.messages_per_minute': 'P6-window',
  'gateway.rate_limit.burst_size': 'P6-bucket',
  'gateway.rate_limit.cooldown_seconds': 'P6-cooldown',
  'chat.detached_timeout': 'P5-detached-timeout',
  'memory.embeddings.timeout_seconds': 'P4-semantic',
  'reasoning.first_token_timeout_seconds': 'P4-provider-silence',
  'reasoning.timeout_seconds': 'P4-provider-silence',
  'reasoning.max_streams': 'P5-places',
  'reasoning.max_streams_per_principal': 'P5-places',
  'skills.timeout_seconds': 'P4-skill-events',
  'skills.background_timeout_seconds': 'P4-skill-events',
} as const satisfies Readonly<Record<LimitKey, RequirementId>>;
