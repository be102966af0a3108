/**
 * The gateway's numbers as one typed object: plain ones on the paths of messages, read by whoever shows them.
 * What is a size of something that is there anyway (connections, running replies) is asked for when it is shown.
 */
import type { FinishReason, Target } from '../schemas/define.js';
import { Histogram } from './histogram.js';
import {
  BUILT_IN_SERVER,
  CLOSE_CODES,
  FINISH_REASONS,
  HANDSHAKE_OUTCOMES,
  type HandshakeOutcome,
  HEARTBEAT_OUTCOMES,
  type HeartbeatOutcome,
  METHOD_LABELS,
  type MethodLabel,
  PROVIDER_OUTCOMES,
  PROVIDER_SECTIONS,
  type ProviderOutcome,
  RATE_LIMITS,
  type RateLimitLabel,
  REQUEST_OUTCOMES,
  type RequestOutcome,
  SKILL_OUTCOMES,
  type SkillOutcomeLabel,
  TARGETS,
} from './labels.js';
import { METRICS } from './table.js';

type Counts<Name extends string> = Record<Name, number>;

/** Of one method. */
export interface MethodCounts extends Counts<RequestOutcome> {
  /** Those of `invalid` whose params do not fit the schema. */
  validationFailures: number;
}

export interface GatewayMetrics {
  connectionsOpened: number;
  /** By {@link CLOSE_CODES}. */
  readonly connectionsClosed: Counts<string>;
  readonly handshakes: Counts<HandshakeOutcome>;
  /** Messages received since the start, refused ones included; each member of a batch is one. */
  messagesReceived: number;
  messagesSent: number;
  receivedBytes: number;
  sentBytes: number;
  readonly requests: Readonly<Record<MethodLabel, MethodCounts>>;
  /** Of the answers that came later than at once, in seconds; each is in `requests` as well. */
  readonly requestDurations: Readonly<Record<Target, Histogram>>;
  /** Messages refused by the rate limit. */
  readonly rateLimitHits: Counts<RateLimitLabel>;
  readonly heartbeats: Counts<HeartbeatOutcome>;
  notificationsQueued: number;
  notificationsDelivered: number;
  readonly streamsEnded: Counts<FinishReason>;
  /** In seconds. */
  readonly timeToFirstToken: Histogram;
  tokens: number;
  chunksSent: number;
  chunksMerged: number;
  backlogBytes: number;
  clientsLagging: number;
  /** In seconds. */
  readonly storeCommits: Histogram;
  readonly storeBatches: Histogram;
  /** By {@link PROVIDER_SECTIONS}. */
  readonly providerCalls: Readonly<Record<string, Counts<ProviderOutcome>>>;
  /** By the server's name; see {@link countSkillRun}. */
  readonly skillRuns: Map<string, Counts<SkillOutcomeLabel>>;
}

const zeros = <Name extends string>(names: readonly Name[]): Counts<Name> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Counts<Name>;

const each = <Name extends string, T>(names: readonly Name[], make: () => T): Record<Name, T> =>
  Object.fromEntries(names.map((name) => [name, make()])) as Record<Name, T>;

/** Spelled out, so that all have one shape, and what counts in them one way to. */
export const methodCounts = (): MethodCounts => ({
  ok: 0,
  invalid: 0,
  denied: 0,
  not_found: 0,
  rate_limited: 0,
  refused: 0,
  error: 0,
  validationFailures: 0,
});

export const createMetrics = (): GatewayMetrics => ({
  connectionsOpened: 0,
  connectionsClosed: zeros(CLOSE_CODES),
  handshakes: zeros(HANDSHAKE_OUTCOMES),
  messagesReceived: 0,
  messagesSent: 0,
  receivedBytes: 0,
  sentBytes: 0,
  requests: each(METHOD_LABELS, methodCounts),
  requestDurations: each(TARGETS, () => new Histogram(METRICS.request_duration_seconds.buckets)),
  rateLimitHits: zeros(RATE_LIMITS),
  heartbeats: zeros(HEARTBEAT_OUTCOMES),
  notificationsQueued: 0,
  notificationsDelivered: 0,
  streamsEnded: zeros(FINISH_REASONS),
  timeToFirstToken: new Histogram(METRICS.time_to_first_token_seconds.buckets),
  tokens: 0,
  chunksSent: 0,
  chunksMerged: 0,
  backlogBytes: 0,
  clientsLagging: 0,
  storeCommits: new Histogram(METRICS.store_commit_duration_seconds.buckets),
  storeBatches: new Histogram(METRICS.store_commit_batch_size.buckets),
  providerCalls: each(PROVIDER_SECTIONS, () => zeros(PROVIDER_OUTCOMES)),
  skillRuns: new Map([[BUILT_IN_SERVER, zeros(SKILL_OUTCOMES)]]),
});

/** @param server null: the gateway's own skills */
export const countSkillRun = (
  { skillRuns }: GatewayMetrics,
  server: string | null,
  outcome: SkillOutcomeLabel,
): void => {
  const name = server ?? BUILT_IN_SERVER;
  const counts = skillRuns.get(name) ?? zeros(SKILL_OUTCOMES);
  counts[outcome] += 1;
  skillRuns.set(name, counts);
};

/** All requests of a method so far. */
export const requestCount = (counts: MethodCounts): number =>
  REQUEST_OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
