/**
 * What is told of the process besides the gateway's own metrics: under the names that prom-client gives them in every
 * Node.js program, so that dashboards of others fit.
 */
import type { LabelSpec, MetricKind, MetricSpec } from './spec.js';

interface ProcessMetricSpec extends MetricSpec {
  /** Has a value on Linux alone. */
  readonly linuxOnly: boolean;
}

type Labels = ProcessMetricSpec['labels'];
const metric = <const K extends MetricKind, const L extends Labels>(
  kind: K,
  unit: string,
  help: string,
  labels: L,
) => ({ kind, unit, help, labels, buckets: [], linuxOnly: false }) as const;
const onLinux = <const K extends MetricKind>(kind: K, unit: string, help: string) =>
  ({ kind, unit, help, labels: {}, buckets: [], linuxOnly: true }) as const;
const label = (meaning: string): LabelSpec => ({ values: null, meaning });

/** By the whole name. */
export const PROCESS_METRICS = {
  process_cpu_user_seconds_total: metric(
    'counter',
    'seconds',
    'Processor time in user mode, of all threads',
    {},
  ),
  process_cpu_system_seconds_total: metric(
    'counter',
    'seconds',
    'Processor time in the kernel, of all threads',
    {},
  ),
  process_cpu_seconds_total: metric('counter', 'seconds', 'Both together', {}),
  process_start_time_seconds: metric('gauge', 'seconds', 'When the process began, since the Unix epoch', {}),
  process_resident_memory_bytes: metric('gauge', 'bytes', 'Resident memory', {}),
  process_virtual_memory_bytes: onLinux('gauge', 'bytes', 'Virtual memory'),
  process_heap_bytes: onLinux('gauge', 'bytes', 'Size of the data segment'),
  process_open_fds: onLinux(
    'gauge',
    'descriptors',
    'Open file descriptors; needs Linux 6.2, has no value before',
  ),
  process_max_fds: onLinux('gauge', 'descriptors', 'Limit on open file descriptors'),
  nodejs_eventloop_lag_seconds: metric(
    'gauge',
    'seconds',
    'How late the main thread’s loop was at the scrape before',
    {},
  ),
  nodejs_eventloop_lag_min_seconds: metric(
    'gauge',
    'seconds',
    'Least delay of the loop since the last scrape',
    {},
  ),
  nodejs_eventloop_lag_max_seconds: metric('gauge', 'seconds', 'Greatest delay since the last scrape', {}),
  nodejs_eventloop_lag_mean_seconds: metric('gauge', 'seconds', 'Mean delay since the last scrape', {}),
  nodejs_eventloop_lag_stddev_seconds: metric('gauge', 'seconds', 'Standard deviation of the delays', {}),
  nodejs_eventloop_lag_p50_seconds: metric('gauge', 'seconds', 'Median delay since the last scrape', {}),
  nodejs_eventloop_lag_p90_seconds: metric('gauge', 'seconds', '90th percentile of the delays', {}),
  nodejs_eventloop_lag_p99_seconds: metric('gauge', 'seconds', '99th percentile of the delays', {}),
  nodejs_heap_size_total_bytes: metric('gauge', 'bytes', 'V8’s heap in the main thread', {}),
  nodejs_heap_size_used_bytes: metric('gauge', 'bytes', 'What of it is in use', {}),
  nodejs_external_memory_bytes: metric(
    'gauge',
    'bytes',
    'Memory of objects that V8 knows of outside of its heap',
    {},
  ),
  nodejs_heap_space_size_total_bytes: metric('gauge', 'bytes', 'Size of a space of V8’s heap', {
    space: label('the space'),
  }),
  nodejs_heap_space_size_used_bytes: metric('gauge', 'bytes', 'What of it is in use', {
    space: label('the space'),
  }),
  nodejs_heap_space_size_available_bytes: metric('gauge', 'bytes', 'What of it is free', {
    space: label('the space'),
  }),
  nodejs_version_info: metric('gauge', 'processes', 'Always 1; its labels say which Node.js runs', {
    version: label('as in `v20.20.0`'),
    major: label('its first number'),
    minor: label('its second'),
    patch: label('its third'),
  }),
  nodejs_gc_duration_seconds: {
    ...metric('histogram', 'seconds', 'Garbage collections of the main thread, since the first scrape', {
      kind: label('`major`, `minor`, `incremental` or `weakcb`'),
    }),
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  },
} as const satisfies Readonly<Record<string, ProcessMetricSpec>>;

/** A metric of {@link PROCESS_METRICS}. */
export type ProcessMetricName = keyof typeof PROCESS_METRICS;

export const PROCESS_METRIC_NAMES = Object.keys(PROCESS_METRICS) as readonly ProcessMetricName[];
