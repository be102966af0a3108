/** Code, pages, dashboards and alerts name the same metrics; every alert and close code is in the runbook. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLOSE_CODES } from '../../metrics/labels.js';
import { PROCESS_METRIC_NAMES, PROCESS_METRICS } from '../../metrics/process-metrics.js';
import type { MetricSpec } from '../../metrics/spec.js';
import { METRIC_KEYS, METRICS, metricName } from '../../metrics/table.js';
import { ALERTS } from '../../scripts/generate/prometheus/alerts.js';

/** This file runs from `dist/test/dashboards`. */
const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !path.includes('node_modules'))
    .map((path) => join(folder, path))
    .sort();

/** A histogram has samples of these names, too. */
const withSamples = (name: string, { kind }: Pick<MetricSpec, 'kind'>): readonly string[] =>
  kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
const KNOWN: ReadonlySet<string> = new Set([
  ...PROCESS_METRIC_NAMES.flatMap((name) => withSamples(name, PROCESS_METRICS[name])),
  ...METRIC_KEYS.flatMap((key) => withSamples(metricName(key), METRICS[key])),
]);

/** What looks like a whole name of a metric; a prefix alone, as in `nodejs_`, does not. */
const namesIn = (text: string): readonly string[] => [
  ...new Set(text.match(/\b(?:openclaw_gateway|nodejs|process)_[a-z0-9_]*[a-z0-9]\b(?!\*)/g) ?? []),
];

const strangersIn = (path: string): readonly string[] =>
  namesIn(read(path))
    .filter((name) => !KNOWN.has(name))
    .map((name) => `${path}: ${name}`);

const DASHBOARDS = filesIn('metrics/grafana', '.json');
const PROMETHEUS_FILES = filesIn('metrics/prometheus', '.yml');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md')];
const SOURCES = ['metrics', 'server', 'cli', 'client', 'scripts'].flatMap((folder) => filesIn(folder, '.ts'));

test('no page, dashboard, alert or source names a metric that there is not', () => {
  const files = [
    ...DASHBOARDS,
    ...PROMETHEUS_FILES,
    ...PAGES,
    ...SOURCES.filter((path) => !path.endsWith('.test.ts')),
  ];
  assert.ok(DASHBOARDS.length >= 4 && PROMETHEUS_FILES.length === 3 && SOURCES.length > 100);
  assert.deepEqual(files.flatMap(strangersIn), []);
  // It would be found.
  assert.deepEqual(
    namesIn('`openclaw_gateway_tokens` of nodejs_heap_size_used_bytes{} and nodejs_').filter(
      (name) => !KNOWN.has(name),
    ),
    ['openclaw_gateway_tokens'],
  );
});

test('every metric is on the page of metrics, and every one of the gateway’s own on a dashboard', () => {
  const page = namesIn(read('docs/metrics.md'));
  const shown = DASHBOARDS.flatMap((path) => namesIn(read(path))).join(' ');
  for (const name of PROCESS_METRIC_NAMES) assert.ok(page.includes(name), name);
  for (const name of METRIC_KEYS.map(metricName)) {
    assert.ok(page.includes(name), name);
    assert.ok(shown.includes(name), `no dashboard shows ${name}`);
  }
});

const headingsOf = (path: string): readonly string[] =>
  [...read(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the runbook has every alert and no other, and every link of the page leads somewhere', () => {
  const page = read('docs/operations.md');
  assert.deepEqual(
    [...page.matchAll(/^#+ (OpenClaw[A-Z]\w+)$/gm)].map(([, name]) => name).sort(),
    ALERTS.map(({ name }) => name).sort(),
  );
  for (const [, path = '', anchor = ''] of page.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
    if (path.startsWith('https:')) continue;
    const file = path === '' ? 'docs/operations.md' : join('docs', path);
    assert.ok(existsSync(join(ROOT, file)), `docs/operations.md leads to ${file}`);
    if (anchor !== '')
      assert.ok(headingsOf(file).includes(anchor), `docs/operations.md leads to ${file}#${anchor}`);
  }
  const rules = read('metrics/prometheus/alerts.yml');
  for (const { name } of ALERTS) {
    assert.match(rules, new RegExp(`alert: ${name}\n[^]*?docs/operations\\.md#${name.toLowerCase()}'`), name);
  }
});

test('the runbook has every close code', () => {
  const page = read('docs/operations.md');
  for (const code of CLOSE_CODES) assert.match(page, new RegExp(`^\\| \`?${code}\`? \\| `, 'm'), code);
});
