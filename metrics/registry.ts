/** The table's metrics as Prometheus is told them: prom-client keeps them and renders, the numbers are read when it asks. */
import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { VERSION } from '../schemas/version.js';
import type { Histogram } from './histogram.js';
import { METHOD_LABELS, REQUEST_OUTCOMES, TARGET_OF, TARGETS } from './labels.js';
import { type GatewayMetrics, requestCount } from './metrics.js';
import { LEFT_OUT, PROCESS_METRICS } from './process-metrics.js';
import type { MetricKind } from './spec.js';
import { METRIC_KEYS, METRICS, type MetricKey, metricName } from './table.js';

/** Sizes of what is there anyway. */
export interface GatewayGauges {
  readonly connecting: () => number;
  readonly authenticating: () => number;
  readonly active: () => number;
  readonly streamsActive: () => number;
  readonly streamsQueued: () => number;
}

interface Source {
  readonly metrics: GatewayMetrics;
  readonly gauges: GatewayGauges;
}

type LabelValues = Readonly<Record<string, string>>;

interface Sample {
  /** Where it is not the metric's own. */
  readonly metricName?: string;
  readonly labels: LabelValues;
  readonly value: number;
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

const by = (label: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([value, count]) => ({ labels: { [label]: value }, value: count }));

const buckets = (
  key: MetricKey,
  histogram: Histogram,
  labels: LabelValues = {},
  zeros = 0,
): readonly Sample[] => {
  const name = metricName(key);
  const count = histogram.count + zeros;
  const cumulative = histogram.cumulative(zeros);
  return [
    ...histogram.bounds.map((bound, at) => ({
      metricName: `${name}_bucket`,
      labels: { le: String(bound), ...labels },
      value: cumulative[at] as number,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
};

/** Whatever was not answered later was answered at once. */
const requestDurations = ({ metrics }: Source): readonly Sample[] =>
  TARGETS.flatMap((target) => {
    const histogram = metrics.requestDurations[target];
    let all = 0;
    for (const method of METHOD_LABELS) {
      if (TARGET_OF.get(method) === target) all += requestCount(metrics.requests[method]);
    }
    return buckets('request_duration_seconds', histogram, { target }, all - histogram.count);
  });

/** Where each metric's numbers come from. */
const READERS: { readonly [K in MetricKey]: (source: Source) => readonly Sample[] } = {
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
    buckets('time_to_first_token_seconds', metrics.timeToFirstToken),
  tokens_total: ({ metrics }) => one(metrics.tokens),
  chunks_sent_total: ({ metrics }) => one(metrics.chunksSent),
  chunks_merged_total: ({ metrics }) => one(metrics.chunksMerged),
  backlog_bytes: ({ metrics }) => one(metrics.backlogBytes),
  clients_lagging: ({ metrics }) => one(metrics.clientsLagging),
  store_commit_duration_seconds: ({ metrics }) =>
    buckets('store_commit_duration_seconds', metrics.storeCommits),
  store_commit_batch_size: ({ metrics }) => buckets('store_commit_batch_size', metrics.storeBatches),
  provider_calls_total: ({ metrics }) =>
    Object.entries(metrics.providerCalls).flatMap(([provider, counts]) =>
      by('outcome', counts).map(({ labels, value }) => ({ labels: { provider, ...labels }, value })),
    ),
  skill_runs_total: ({ metrics }) =>
    [...metrics.skillRuns].flatMap(([server, counts]) =>
      by('outcome', counts).map(({ labels, value }) => ({ labels: { server, ...labels }, value })),
    ),
};

/** Has a registry read a metric's numbers when it renders; prom-client's own kinds keep theirs themselves. */
const register = (
  registry: Registry,
  name: string,
  { kind, help }: { readonly kind: MetricKind; readonly help: string },
  read: () => readonly Sample[],
): void => {
  const get = async () => ({ name, help, type: kind, values: read(), aggregator: 'sum' });
  registry.registerMetric({ name, help, type: kind, get } as unknown as Metric);
};

/** Since Linux 6.2 the size of the folder is how many there are; before that it was 0. */
const openDescriptors = (): readonly Sample[] => {
  try {
    const { size } = statSync('/proc/self/fd');
    return size === 0 ? [] : one(size);
  } catch {
    return [];
  }
};

/** Of the process, however many gateways are in it. */
const processRegistry = new Registry();
collectDefaultMetrics({ register: processRegistry });
for (const name of LEFT_OUT) processRegistry.removeSingleMetric(name);
if (process.platform === 'linux') {
  register(processRegistry, 'process_open_fds', PROCESS_METRICS.process_open_fds, openDescriptors);
}

/** So long at a time rendering may keep the loop; half of what nobody should notice. */
const SLICE_MS = 1;

export class MetricsPage {
  readonly #registry = new Registry();
  readonly contentType = this.#registry.contentType;
  /** Several scrapers at a time get one page. */
  #underway: Promise<string> | null = null;

  constructor(metrics: GatewayMetrics, gauges: GatewayGauges) {
    const source = { metrics, gauges };
    for (const key of METRIC_KEYS) {
      register(this.#registry, metricName(key), METRICS[key], () => READERS[key](source));
    }
  }

  /** The names of all metrics on the page. */
  get names(): readonly string[] {
    return this.#metrics().map(([, name]) => name);
  }

  #metrics(): readonly (readonly [registry: Registry, name: string])[] {
    return [this.#registry, processRegistry].flatMap((registry) =>
      registry.getMetricsAsArray().map(({ name }) => [registry, name] as const),
    );
  }

  /** Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    this.#underway ??= this.#render().finally(() => {
      this.#underway = null;
    });
    return this.#underway;
  }

  /** One metric after the other, and something else between them when that has taken a while. */
  async #render(): Promise<string> {
    const texts: string[] = [];
    let fromMs = performance.now();
    for (const [registry, name] of this.#metrics()) {
      texts.push(await registry.getSingleMetricAsString(name));
      if (performance.now() - fromMs < SLICE_MS) continue;
      await nextTurn();
      fromMs = performance.now();
    }
    return `${texts.join('\n\n')}\n`;
  }
}
