/**
 * Every metric of the gateway, once: the registry is built from this table, and so are `docs/metrics.md` and whatever
 * shows or watches metrics. A name is an interface: it is never given another meaning.
 */
import {
  CLOSE_CODES,
  CONNECTION_STATES,
  FINISH_REASONS,
  HANDSHAKE_OUTCOMES,
  HEARTBEAT_OUTCOMES,
  METHOD_LABELS,
  PROVIDER_OUTCOMES,
  PROVIDER_SECTIONS,
  RATE_LIMITS,
  REQUEST_OUTCOMES,
  SKILL_OUTCOMES,
  TARGETS,
} from './labels.js';
import type { LabelSpec, MetricSpec } from './spec.js';

export const METRIC_PREFIX = 'openclaw_gateway_';

type Labels = Readonly<Record<string, LabelSpec>>;
const NONE = {} as const;

const counter = <const L extends Labels>(unit: string, help: string, labels: L) =>
  ({ kind: 'counter', unit, help, labels, buckets: [] }) as const;
const gauge = <const L extends Labels>(unit: string, help: string, labels: L) =>
  ({ kind: 'gauge', unit, help, labels, buckets: [] }) as const;
const histogram = <const L extends Labels>(
  unit: string,
  help: string,
  labels: L,
  buckets: readonly number[],
) => ({ kind: 'histogram', unit, help, labels, buckets }) as const;

const method: LabelSpec = {
  values: METHOD_LABELS,
  meaning: 'a method of the protocol that clients may call, or `unknown` for everything else',
};

/** By the name without {@link METRIC_PREFIX}. */
export const METRICS = {
  build_info: gauge('gateways', 'Always 1; its label says which version runs', {
    version: { values: null, meaning: 'the version of the gateway' },
  }),

  connections: gauge('connections', 'Connections now, by where they are in their life', {
    state: {
      values: CONNECTION_STATES,
      meaning:
        '`connecting`: TCP, but no WebSocket yet, a browser with the page included; `authenticating`: no handshake yet; `active`: authenticated',
    },
  }),
  connections_opened_total: counter('connections', 'WebSocket connections that have been opened', NONE),
  connections_closed_total: counter('connections', 'WebSocket connections that have ended, by close code', {
    code: {
      values: CLOSE_CODES,
      meaning:
        'a close code of the protocol; of those that clients send 1000, 1001, 1005 (a close frame without one) and 1006 (no close frame), and `other`',
    },
  }),
  handshakes_total: counter('handshakes', 'Handshakes, by what came of them', {
    outcome: {
      values: HANDSHAKE_OUTCOMES,
      meaning:
        '`accepted`: a new session; `resumed`: an earlier one goes on; `rejected`: the token is not valid; `throttled`: too many failures from that address; `invalid`: not the params of a handshake; `timeout`: none came in time; `error`: the gateway failed',
    },
  }),

  messages_received_total: counter(
    'messages',
    'Messages received, refused ones included; each member of a batch is one',
    NONE,
  ),
  messages_sent_total: counter(
    'messages',
    'Messages sent: answers, batches of them, and notifications',
    NONE,
  ),
  received_bytes_total: counter(
    'bytes',
    'Bytes of the text messages received, without framing and TLS',
    NONE,
  ),
  sent_bytes_total: counter('bytes', 'Bytes of the messages sent, without framing and TLS', NONE),

  requests_total: counter('requests', 'Requests and notifications of clients, by what came of them', {
    method,
    outcome: {
      values: REQUEST_OUTCOMES,
      meaning:
        '`ok`; `invalid`: no valid JSON-RPC, method or params; `denied`: not authenticated, or a scope is missing; `not_found`: no such channel, message or skill; `rate_limited`; `refused`: not now (channel busy, shutting down) or a conflict; `error`: the gateway failed',
    },
  }),
  request_duration_seconds: histogram(
    'seconds',
    'Time from a request to its answer; one that is answered within its turn of the loop counts as 0',
    { target: { values: TARGETS, meaning: 'the component that answers' } },
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ),
  validation_failures_total: counter('requests', 'Requests whose params do not fit the method’s schema', {
    method,
  }),
  rate_limit_hits_total: counter(
    'messages',
    'Messages refused by the rate limit, those of a cooldown included',
    {
      limit: { values: RATE_LIMITS, meaning: 'the option of `[gateway.rate_limit]` that was run into' },
    },
  ),

  heartbeats_total: counter('pings', 'Heartbeat pings, by what became of them', {
    outcome: {
      values: HEARTBEAT_OUTCOMES,
      meaning:
        '`sent`: each ping; `answered`: acknowledged by a pong; `missed`: a scheduled one that was not when the next was due, or the wait was over',
    },
  }),
  notifications_queued_total: counter('notifications', 'Notifications that were taken to be delivered', NONE),
  notifications_delivered_total: counter(
    'notifications',
    'Notifications that a client has acknowledged, each time that a repeated one was due counted',
    NONE,
  ),

  streams_active: gauge('streams', 'Replies that are being written now', NONE),
  streams_queued: gauge(
    'streams',
    'Replies that wait behind others of their channel, or for a place (`reasoning.max_streams`)',
    NONE,
  ),
  streams_total: counter('streams', 'Replies that have ended', {
    finish_reason: { values: FINISH_REASONS, meaning: 'as `chat.complete` gives it' },
  }),
  time_to_first_token_seconds: histogram(
    'seconds',
    'Time from the start of a reply, recall included, to its first chunk',
    NONE,
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
  ),
  tokens_total: counter(
    'tokens',
    'Tokens of replies that have ended, as `total_tokens` of `chat.complete` counts them',
    NONE,
  ),
  chunks_sent_total: counter('chunks', 'Chunks of replies sent, counted for each follower', NONE),
  chunks_merged_total: counter(
    'chunks',
    'Those of the chunks sent that travelled in a frame with the one before, because their follower was behind',
    NONE,
  ),
  backlog_bytes: gauge(
    'bytes',
    'Bytes that sockets have not taken yet, as of the last look at each (a second at most)',
    NONE,
  ),
  clients_lagging: gauge(
    'clients',
    'Clients that have not taken all they were sent, as of the same look',
    NONE,
  ),

  store_commit_duration_seconds: histogram(
    'seconds',
    'Time of a transaction that writes, from its beginning until it is on the disk',
    NONE,
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ),
  store_commit_batch_size: histogram(
    'calls',
    'Calls that shared a transaction that writes',
    NONE,
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  ),

  provider_calls_total: counter('requests', 'Requests to providers of models, each try counted', {
    provider: { values: PROVIDER_SECTIONS, meaning: 'the section of the configuration that names it' },
    outcome: {
      values: PROVIDER_OUTCOMES,
      meaning:
        '`ok`; `timeout`: too long without a word; `rate_limited`: it wants fewer; `denied`: it refuses the key; `cancelled`: nobody waited any more; `error`: anything else',
    },
  }),
  skill_runs_total: counter('runs', 'Runs of skills that have ended', {
    server: { values: null, meaning: 'the MCP server’s name in `[skills.mcp]`, or `built-in`' },
    outcome: {
      values: SKILL_OUTCOMES,
      meaning:
        '`ok`; `failed`: the skill said so, or its server; `timeout`; `cancelled`: with its reply, or by the end of the gateway; `refused`: it runs as often as it may already',
    },
  }),
} as const satisfies Readonly<Record<string, MetricSpec>>;

/** A metric of {@link METRICS}, without the prefix. */
export type MetricKey = keyof typeof METRICS;
/** A metric's whole name. */
export type MetricName = `${typeof METRIC_PREFIX}${MetricKey}`;
/** The labels of a metric. */
export type LabelName<K extends MetricKey> = keyof (typeof METRICS)[K]['labels'] & string;

export const METRIC_KEYS = Object.keys(METRICS) as readonly MetricKey[];

export const metricName = (key: MetricKey): MetricName => `${METRIC_PREFIX}${key}`;
