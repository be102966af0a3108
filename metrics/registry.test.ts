import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { CLOSES, type CloseName } from '../schemas/codes.js';
import { Histogram } from './histogram.js';
import { CLOSE_CODES, closeLabel } from './labels.js';
import { countSkillRun, createMetrics } from './metrics.js';
import { PROCESS_METRIC_NAMES, PROCESS_METRICS } from './process-metrics.js';
import { MetricsPage } from './registry.js';
import type { MetricSpec } from './spec.js';
import { METRIC_KEYS, METRICS, metricName } from './table.js';

const GAUGES = {
  connecting: () => 1,
  authenticating: () => 2,
  active: () => 3,
  streamsActive: () => 4,
  streamsQueued: () => 5,
};

const render = async () => {
  const metrics = createMetrics();
  return { metrics, text: () => new MetricsPage(metrics, GAUGES).render() };
};

/** `name{labels}` without `le`, with their values. */
const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

test('what is declared is exported, and what is exported is declared', async () => {
  const declared = [...METRIC_KEYS.map(metricName), ...PROCESS_METRIC_NAMES];
  const page = new MetricsPage(createMetrics(), GAUGES);
  const text = await page.render();
  assert.deepEqual([...page.names].sort(), declared.sort());
  for (const name of declared) assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
});

test('each metric is exported with its kind, its labels and every value they can have', async () => {
  const { text } = await render();
  const samples = [...samplesOf(await text()).keys()];
  for (const key of METRIC_KEYS) {
    const { kind, labels, buckets }: MetricSpec = METRICS[key];
    const name = metricName(key);
    const own = samples.filter((sample) =>
      kind === 'histogram' ? sample.startsWith(`${name}_count`) : sample.split('{')[0] === name,
    );
    const known = Object.values(labels).every(({ values }) => values !== null);
    if (known) {
      const combinations = Object.values(labels).reduce((n, { values }) => n * (values?.length ?? 0), 1);
      assert.equal(own.length, combinations, name);
    }
    for (const sample of own) {
      const named = [...sample.matchAll(/(\w+)="([^"]*)"/g)];
      assert.deepEqual(
        named.map(([, label]) => label),
        Object.keys(labels),
        name,
      );
      for (const [, label = '', value = ''] of named) {
        const { values } = labels[label] as { values: readonly string[] | null };
        assert.ok(values === null || values.includes(value), sample);
      }
    }
    assert.equal(kind === 'histogram', buckets.length > 0, name);
    assert.deepEqual(
      [...buckets].sort((a, b) => a - b),
      buckets,
      name,
    );
    assert.equal(kind === 'counter', name.endsWith('_total'), name);
    assert.equal(/\.$/.test(METRICS[key].help), false, name);
  }
});

test('figures are those of the object, read when they are shown', async () => {
  const metrics = createMetrics();
  const page = new MetricsPage(metrics, GAUGES);
  metrics.messagesReceived = 7;
  metrics.requests['chat.send'].ok = 4;
  metrics.requests['chat.history'].ok = 1;
  metrics.requests.unknown.invalid = 2;
  metrics.requestDurations.ReasoningLayer.observe(0.003);
  metrics.requestDurations.ReasoningLayer.observe(20);
  countSkillRun(metrics, null, 'ok');
  countSkillRun(metrics, 'files', 'timeout');
  const samples = samplesOf(await page.render());
  const get = (sample: string): number | undefined => samples.get(`openclaw_gateway_${sample}`);
  assert.equal(get('messages_received_total'), 7);
  assert.equal(get('connections{state="active"}'), 3);
  assert.equal(get('streams_queued'), 5);
  assert.equal(get('requests_total{method="chat.send",outcome="ok"}'), 4);
  assert.equal(get('requests_total{method="unknown",outcome="invalid"}'), 2);
  assert.equal(get('skill_runs_total{server="built-in",outcome="ok"}'), 1);
  assert.equal(get('skill_runs_total{server="files",outcome="timeout"}'), 1);
  // Five requests: three at once, one after 3 ms, one after 20 s.
  const bucket = (le: string) => get(`request_duration_seconds_bucket{le="${le}",target="ReasoningLayer"}`);
  assert.deepEqual(['0.0005', '0.0025', '0.005', '10', '+Inf'].map(bucket), [3, 3, 4, 4, 5]);
  assert.equal(get('request_duration_seconds_count{target="ReasoningLayer"}'), 5);
  assert.equal(get('request_duration_seconds_sum{target="ReasoningLayer"}'), 20.003);
  metrics.messagesReceived = 8;
  const underway = page.render();
  await Promise.resolve();
  await Promise.resolve();
  metrics.messagesReceived = 9;
  const [before, after, same] = await Promise.all([underway, page.render(), page.render()]);
  const received = (text: string) => samplesOf(text).get('openclaw_gateway_messages_received_total');
  assert.ok([8, 9].includes(Number(received(before))));
  assert.equal(received(after), 9, 'nobody gets a page that was begun before he came');
  assert.equal(after, same, 'who waits gets the same page');
});

test('the process is told of with plausible figures, its loop and collector from the second page on', async () => {
  const page = new MetricsPage(createMetrics(), GAUGES);
  await page.render();
  // Long enough for the monitor, which looks at the loop every 10 ms.
  const untilMs = performance.now() + 60;
  while (performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 15));
  const text = await page.render();
  const samples = samplesOf(text);
  const get = (sample: string): number => samples.get(sample) ?? Number.NaN;
  const { user, system } = process.cpuUsage();
  assert.ok(
    get('process_cpu_seconds_total') > 0 && get('process_cpu_seconds_total') <= (user + system) / 1e6,
  );
  assert.ok(Math.abs(get('process_start_time_seconds') - performance.timeOrigin / 1000) < 1);
  assert.ok(get('process_resident_memory_bytes') > 2 ** 20);
  assert.ok(get('nodejs_heap_size_used_bytes') <= get('nodejs_heap_size_total_bytes'));
  assert.ok(get('nodejs_heap_space_size_total_bytes{space="old"}') > 0);
  const { version } = process;
  assert.match(
    text,
    new RegExp(`^nodejs_version_info\\{version="${version.replaceAll('.', '\\.')}",.*\\} 1$`, 'm'),
  );
  const [min, p99, max] = ['min', 'p99', 'max'].map((which) => get(`nodejs_eventloop_lag_${which}_seconds`));
  assert.ok(Number(min) > 0 && Number(min) <= Number(p99) && Number(p99) <= Number(max) * 1.01, text);
  assert.ok(get('nodejs_gc_duration_seconds_count{kind="major"}') >= 0);
  for (const [name, { linuxOnly, labels }] of Object.entries(PROCESS_METRICS)) {
    if (linuxOnly || Object.keys(labels).length > 0) continue;
    assert.ok(get(name) >= 0, name);
  }
});

test('on Linux descriptors are counted, without listing them', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const page = new MetricsPage(createMetrics(), GAUGES);
  const count = async () => samplesOf(await page.render()).get('process_open_fds');
  const before = await count();
  if (before === undefined) {
    t.skip('this kernel does not say how many there are');
    return;
  }
  const opened = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'));
  const after = await count();
  for (const descriptor of opened) closeSync(descriptor);
  assert.equal(after, before + 50);
  assert.ok(Number(samplesOf(await page.render()).get('process_max_fds')) >= before);
});

test('a value at a bound is in its bucket', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  assert.deepEqual(histogram.cumulative(), [2, 4]);
  assert.deepEqual(histogram.cumulative(10), [12, 14]);
  assert.deepEqual([histogram.count, histogram.sum], [5, 7.5]);
});

test('of the codes that clients choose only some are told apart', () => {
  assert.deepEqual([1000, 1001, 1005, 1006, null, 1002, 4002, 4999].map(closeLabel), [
    '1000',
    '1001',
    '1005',
    '1006',
    '1006',
    'other',
    'other',
    'other',
  ]);
  assert.ok(CLOSE_CODES.includes(closeLabel(4999)));
  for (const name of Object.keys(CLOSES) as CloseName[]) {
    assert.equal(closeLabel(name), String(CLOSES[name].code));
    assert.ok(CLOSE_CODES.includes(closeLabel(name)));
  }
});

test('promtool finds nothing to say', async (t) => {
  const { error } = spawnSync('promtool', ['--version']);
  if (error !== undefined) {
    t.skip('promtool is not on this machine: install Debian’s package prometheus to have the page checked');
    return;
  }
  const { text } = await render();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await text() });
  assert.deepEqual([status, String(stdout), String(stderr)], [0, '', '']);
});
