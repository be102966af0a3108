/**
 * How long does a page of metrics keep the loop from everything else, in processor time? Connections are counted as they
 * come and go, so what could grow with them is only what the system is asked: with as many open descriptors as may be,
 * 100 000 at most.
 */
import { openSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { createMetrics } from '../../metrics/metrics.js';
import { MetricsPage } from '../../metrics/registry.js';
import { descriptorLimit } from '../../server/ops/descriptors.js';
import { percentile } from './lib/memory.js';
import { reportFigures } from './lib/report.js';

/** What is done every 15 s is not compiled for speed; here its compiler would be measured as well. */
setFlagsFromString('--no-opt');

const CONNECTIONS = 100_000;
const OWN_DESCRIPTORS = 256;
const PAGES = 300;

const descriptors = Math.min(CONNECTIONS, (descriptorLimit() ?? CONNECTIONS) - OWN_DESCRIPTORS);
for (let at = 0; at < descriptors; at += 1) openSync('/dev/null', 'r');

const page = new MetricsPage(createMetrics(), {
  connecting: () => 0,
  authenticating: () => 0,
  active: () => CONNECTIONS,
  streamsActive: () => 1000,
  streamsQueued: () => 0,
});

/** The processor's time: whoever else is on this machine takes none of that. */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

interface Turn {
  readonly fromMs: number;
  readonly toMs: number;
  readonly processorMs: number;
}

/** Garbage is collected in whatever turn comes next, and most of it is that of messages: such turns are another question. */
const collections: number[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) collections.push(startTime);
});
observer.observe({ entryTypes: ['gc'] });
const hasCollected = ({ fromMs, toMs }: Turn): boolean =>
  collections.some((atMs) => atMs >= fromMs && atMs <= toMs);

const pages: Turn[][] = [];
const times: number[] = [];
let bytes = 0;
for (let at = 0; at < PAGES; at += 1) {
  await delay(1);
  const turns: Turn[] = [];
  const beganMs = processorMs();
  let isDone = false;
  void page.render().then((text) => {
    isDone = true;
    bytes = text.length;
  });
  let fromMs = performance.now();
  let fromProcessorMs = beganMs;
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    const toMs = performance.now();
    const toProcessorMs = processorMs();
    turns.push({ fromMs, toMs, processorMs: toProcessorMs - fromProcessorMs });
    [fromMs, fromProcessorMs] = [toMs, toProcessorMs];
  }
  times.push(processorMs() - beganMs);
  pages.push(turns);
}
await delay(10);
observer.disconnect();

const longest = (turns: readonly Turn[]): number => Math.max(...turns.map((turn) => turn.processorMs));
const [first = [], ...later] = pages;
const holds = later.map((turns) => turns.filter((turn) => !hasCollected(turn))).map(longest);
reportFigures(`A page of metrics, with ${descriptors} open descriptors`, [
  { name: 'the first, right behind the start: longest hold', value: longest(first), unit: 'ms' },
  { name: 'later ones: longest hold, median', value: percentile(holds, 50), unit: 'ms' },
  { name: 'longest hold, 90th percentile', value: percentile(holds, 90), unit: 'ms' },
  { name: 'all of it, median', value: percentile(times, 50), unit: 'ms' },
  { name: 'the page', value: bytes / 1024, unit: 'KiB' },
]);
