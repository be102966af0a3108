/** What the process says of itself when it is asked: memory, processor, loop and collector. */
import { readFileSync, statSync } from 'node:fs';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, type HeapSpaceInfo } from 'node:v8';
import { Histogram } from './histogram.js';
import { PROCESS_METRICS, type ProcessMetricName } from './process-metrics.js';
import { buckets, one, type Sample } from './sample.js';

/** Each reading of a delay is at least this: so often the loop is looked at. */
const LOOP_RESOLUTION_MS = 10;

const NONE: readonly Sample[] = [];

/** A line of a file of proc(5); null where there is none. */
const procNumber = (file: string, line: RegExp): number | null => {
  try {
    const found = line.exec(readFileSync(`/proc/self/${file}`, 'latin1'))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
};

const orNone = (value: number | null, factor = 1): readonly Sample[] =>
  value === null ? NONE : one(value * factor);

/** Since Linux 6.2 the size of the folder is how many there are; listing it takes as long as there are connections. */
const openDescriptors = (): readonly Sample[] => {
  try {
    const { size } = statSync('/proc/self/fd');
    return size === 0 ? NONE : one(size);
  } catch {
    return NONE;
  }
};

const spaces = (size: (space: HeapSpaceInfo) => number): readonly Sample[] =>
  getHeapSpaceStatistics().map((space) => ({
    labels: { space: space.space_name.replace(/_space$/, '') },
    value: size(space),
  }));

/** One look at the loop: how long something takes that is done in its next turn, as the page before began it. */
const lagReader = (): (() => readonly Sample[]) => {
  let lag = NONE;
  return () => {
    const fromMs = performance.now();
    setImmediate(() => {
      lag = one((performance.now() - fromMs) / 1000);
    });
    return lag;
  };
};

/** The delays since the page before; the monitor wakes the process, so it begins with the first page. */
const loopReaders = () => {
  const monitor = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const seconds = (read: () => number) => (): readonly Sample[] =>
    monitor.max === 0 ? NONE : one(read() / 1e9);
  return {
    nodejs_eventloop_lag_min_seconds: () => {
      monitor.enable();
      return seconds(() => monitor.min)();
    },
    nodejs_eventloop_lag_max_seconds: seconds(() => monitor.max),
    nodejs_eventloop_lag_mean_seconds: seconds(() => monitor.mean),
    nodejs_eventloop_lag_stddev_seconds: seconds(() => monitor.stddev),
    nodejs_eventloop_lag_p50_seconds: seconds(() => monitor.percentile(50)),
    nodejs_eventloop_lag_p90_seconds: seconds(() => monitor.percentile(90)),
    // The last of them on a page.
    nodejs_eventloop_lag_p99_seconds: () => {
      const samples = seconds(() => monitor.percentile(99))();
      monitor.reset();
      return samples;
    },
  };
};

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** Collections since the first page. */
const collectionReader = (): (() => readonly Sample[]) => {
  const name = 'nodejs_gc_duration_seconds';
  const histograms = new Map(
    [...GC_KINDS.values()].map((kind) => [kind, new Histogram(PROCESS_METRICS[name].buckets)]),
  );
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as typeof entry & { readonly detail: { readonly kind: number } };
      const kind = GC_KINDS.get(detail.kind);
      if (kind !== undefined) histograms.get(kind)?.observe(duration / 1000);
    }
  });
  let isObserving = false;
  return () => {
    if (!isObserving) observer.observe({ entryTypes: ['gc'] });
    isObserving = true;
    return [...histograms].flatMap(([kind, histogram]) => buckets(name, histogram, { kind }));
  };
};

/** Where each of the process' numbers comes from. */
export const readersOfProcess = (): { readonly [N in ProcessMetricName]: () => readonly Sample[] } => {
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
  return {
    process_cpu_user_seconds_total: () => one(process.cpuUsage().user / 1e6),
    process_cpu_system_seconds_total: () => one(process.cpuUsage().system / 1e6),
    process_cpu_seconds_total: () => {
      const { user, system } = process.cpuUsage();
      return one((user + system) / 1e6);
    },
    process_start_time_seconds: () => one(performance.timeOrigin / 1000),
    process_resident_memory_bytes: () => one(process.memoryUsage.rss()),
    process_virtual_memory_bytes: () => orNone(procNumber('status', /^VmSize:\s+(\d+) kB$/m), 1024),
    process_heap_bytes: () => orNone(procNumber('status', /^VmData:\s+(\d+) kB$/m), 1024),
    process_open_fds: openDescriptors,
    process_max_fds: () => orNone(procNumber('limits', /^Max open files\s+(\d+)/m)),
    nodejs_eventloop_lag_seconds: lagReader(),
    ...loopReaders(),
    nodejs_heap_size_total_bytes: () => one(process.memoryUsage().heapTotal),
    nodejs_heap_size_used_bytes: () => one(process.memoryUsage().heapUsed),
    nodejs_external_memory_bytes: () => one(process.memoryUsage().external),
    nodejs_heap_space_size_total_bytes: () => spaces((space) => space.space_size),
    nodejs_heap_space_size_used_bytes: () => spaces((space) => space.space_used_size),
    nodejs_heap_space_size_available_bytes: () => spaces((space) => space.space_available_size),
    nodejs_version_info: () => [{ labels: { version: process.version, major, minor, patch }, value: 1 }],
    nodejs_gc_duration_seconds: collectionReader(),
  };
};
