/** Where each metric's numbers come from when they are shown. */
import { VERSION } from '../schemas/version.js';
import { METHOD_LABELS, REQUEST_OUTCOMES, TARGET_OF, TARGETS } from './labels.js';
import { type GatewayMetrics, requestCount } from './metrics.js';
import { buckets, by, one, type Sample } from './sample.js';
import { type MetricKey, metricName } from './table.js';

/** Sizes of what is there anyway. */
export interface GatewayGauges {
  readonly connecting: () => number;
  readonly authenticating: () => number;
  readonly active: () => number;
  readonly streamsActive: () => number;
  readonly streamsQueued: () => number;
}

export interface Source {
  readonly metrics: GatewayMetrics;
  readonly gauges: GatewayGauges;
}

/** Whatever was not answered later was answered at once. */
const requestDurations = ({ metrics }: Source): readonly Sample[] =>
  TARGETS.flatMap((target) => {
    const histogram = metrics.requestDurations[target];
    let all = 0;
    for (const method of METHOD_LABELS) {
      if (TARGET_OF.get(method) === target) all += requestCount(metrics.requests[method]);
    }
    return buckets(metricName('request_duration_seconds'), histogram, { target }, all - histogram.count);
  });

/** Where each metric's numbers come from. */
export const READERS: { readonly [K in MetricKey]: (source: Source) => readonly Sample[] } = {
  build_info: () => [{ labels: { version: VERSION }, value: 1 }],
  connections: ({ gauges }) =>
    by('state', {
      connecting: gauges.connecting(),
      authenticating: gauges.authenticating(),
      active: gauges.active(),
    }),
  connections_opened_total: ({ metrics }) => one(metrics.connectionsOpened),
  connections_closed_total: ({ metrics }) => by('code', metrics.connectionsClosed),
  handshakes_total: ({ metrics }) => by('outcome', metrics.handshakes),
  messages_received_total: ({ metrics }) => one(metrics.messagesReceived),
  messages_sent_total: ({ metrics }) => one(metrics.messagesSent),
  received_bytes_total: ({ metrics }) => one(metrics.receivedBytes),
  sent_bytes_total: ({ metrics }) => one(metrics.sentBytes),
  requests_total: ({ metrics }) =>
    METHOD_LABELS.flatMap((method) =>
      REQUEST_OUTCOMES.map((outcome) => ({
        labels: { method, outcome },
        value: metrics.requests[method][outcome],
      })),
    ),
  request_duration_seconds: requestDurations,
  validation_failures_total: ({ metrics }) =>
    METHOD_LABELS.map((method) => ({
      labels: { method },
      value: metrics.requests[method].validationFailures,
    })),
  rate_limit_hits_total: ({ metrics }) => by('limit', metrics.rateLimitHits),
  heartbeats_total: ({ metrics }) => by('outcome', metrics.heartbeats),
  notifications_queued_total: ({ metrics }) => one(metrics.notificationsQueued),
  notifications_delivered_total: ({ metrics }) => one(metrics.notificationsDelivered),
  streams_active: ({ gauges }) => one(gauges.streamsActive()),
  streams_queued: ({ gauges }) => one(gauges.streamsQueued()),
  streams_total: ({ metrics }) => by('finish_reason', metrics.streamsEnded),
  time_to_first_token_seconds: ({ metrics }) =>
    buckets(metricName('time_to_first_token_seconds'), metrics.timeToFirstToken),
  tokens_total: ({ metrics }) => one(metrics.tokens),
  chunks_sent_total: ({ metrics }) => one(metrics.chunksSent),
  chunks_merged_total: ({ metrics }) => one(metrics.chunksMerged),
  backlog_bytes: ({ metrics }) => one(metrics.backlogBytes),
  clients_lagging: ({ metrics }) => one(metrics.clientsLagging),
  store_commit_duration_seconds: ({ metrics }) =>
    buckets(metricName('store_commit_duration_seconds'), metrics.storeCommits),
  store_commit_batch_size: ({ metrics }) =>
    buckets(metricName('store_commit_batch_size'), metrics.storeBatches),
  provider_calls_total: ({ metrics }) =>
    Object.entries(metrics.providerCalls).flatMap(([provider, counts]) =>
      by('outcome', counts).map(({ labels, value }) => ({ labels: { provider, ...labels }, value })),
    ),
  skill_runs_total: ({ metrics }) =>
    [...metrics.skillRuns].flatMap(([server, counts]) =>
      by('outcome', counts).map(({ labels, value }) => ({ labels: { server, ...labels }, value })),
    ),
};
