import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chartOf, chartsOf } from './charts.js';
import { compareFigures, differences, formatComparison } from './compare.js';
import { Histogram } from './histogram.js';
import { pageOf } from './page.js';
import { formatResult, formatValue } from './report.js';
import { describeMachine, type Result, readResult } from './result.js';
import { figure } from './scenario.js';
import { latencyFigures } from './scenarios/figures.js';
import { Tally } from './tally.js';
import { UsageError } from './usage-error.js';

const resultWith = (change: Partial<Result>): Result => ({
  format: 1,
  scenario: 'rpc',
  server: 'gateway',
  version: '1.0.0',
  startedAt: '2026-03-20T10:15:23.000Z',
  machine: describeMachine(),
  parameters: { connections: 64, depth: 1 },
  processes: 2,
  pinning: null,
  figures: [],
  points: [],
  samples: [],
  distributions: [],
  troubles: {},
  warnings: [],
  ...change,
});

test('figures stand side by side with their ratio, also where one is missing or was nothing', () => {
  const a = resultWith({ figures: [figure('messages', 100, '/s'), figure('lost', 0, '')] });
  const b = resultWith({ figures: [figure('messages', 250, '/s'), figure('other', 1, 'ms')] });
  assert.deepEqual(compareFigures(a, b), [
    { name: 'messages', unit: '/s', a: 100, b: 250, ratio: 2.5 },
    { name: 'lost', unit: '', a: 0, b: null, ratio: null },
    { name: 'other', unit: 'ms', a: null, b: 1, ratio: null },
  ]);
  assert.match(formatComparison(a, b), /messages +100 +250 +2\.50 \/s/);
});

test('machines, versions, parameters and goals that differ are named, and nothing else', () => {
  const a = resultWith({ figures: [figure('lost', 0, '', 0)] });
  assert.deepEqual(differences(a, a), []);
  const b = resultWith({
    version: '2.0.0',
    machine: { ...a.machine, cores: 64 },
    parameters: { connections: 64, depth: 16 },
    pinning: { server: '0', clients: '1' },
    figures: [figure('lost', 0, '', 3)],
  });
  assert.deepEqual(differences(a, b), [
    'version: 1.0.0 and 2.0.0',
    `cores: ${a.machine.cores} and 64`,
    'pinned to cores: none and 0 and 1',
    '--depth: 1 and 16',
    'goal of lost: ≤ 0 and ≤ 3',
  ]);
});

test('a file that holds no result is refused with what to name instead', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'a.json');
  const refuses = (): void =>
    assert.throws(
      () => readResult(path),
      (error) => error instanceof UsageError && error.message.includes('that --json wrote'),
    );
  refuses();
  for (const text of ['', '{', 'null', '[]', '{"format":2,"figures":[]}']) {
    writeFileSync(path, text);
    refuses();
  }
  const result = resultWith({});
  writeFileSync(path, JSON.stringify(result));
  assert.deepEqual(readResult(path), result);
});

test('values have three digits, and what is none is a dash', () => {
  assert.deepEqual([1234.5, 100.4, 12.34, 1.234, 0, Number.NaN].map(formatValue), [
    '1235',
    '100',
    '12.3',
    '1.23',
    '0',
    '–',
  ]);
  const missed = resultWith({ figures: [figure('lost', 2, '', 0)], troubles: { 'close 4002': 2 } });
  assert.match(formatResult(missed), /lost +2 {4}goal ≤ 0: MISSED/);
  assert.match(formatResult(missed), /2 × close 4002/);
});

const sample = (atSeconds: number, repliesPerSecond: number) => ({
  atSeconds,
  repliesPerSecond,
  open: 1,
  chunksPerSecond: 0,
  joinsPerSecond: 0,
  serverShare: 0.5,
  clientsShare: 0.25,
  residentBytes: 2 ** 26,
  descriptors: 20,
});

test('a result has a chart for each thing that was measured, and two lie over each other', () => {
  const histogram = new Histogram();
  for (let at = 1; at <= 1000; at += 1) histogram.record(at / 10);
  const point = (connections: number) => ({
    connections,
    figures: [figure('processor time of the server for each message', 5 + connections / 1000, 'µs')],
  });
  const full = resultWith({
    points: [point(100), point(1000)],
    samples: [sample(1, 1000), sample(2, 1100)],
    distributions: [{ name: 'request to reply', ...histogram.toSparse() }],
  });
  assert.deepEqual(
    chartsOf([full]).map(({ title }) => title),
    [
      'rpc: processor time of the server for each message as connections grow',
      'rpc: request to reply, by percentile',
      'rpc: answers a second over time',
      'rpc: processor time over time',
      'rpc: resident memory of the server over time',
      'rpc: descriptors of the server over time',
    ],
  );
  const [growth, latency] = chartsOf([full, resultWith({ ...full, server: 'raw' })]);
  assert.deepEqual(
    growth?.lines.map(({ name }) => name),
    ['gateway', 'raw'],
  );
  // 1 000 samples say nothing about one in 10 000.
  assert.ok((latency?.lines[0]?.points.at(-1)?.x ?? 0) <= 1000);
  assert.deepEqual(
    chartsOf([full, full])[0]?.lines.map(({ name }) => name),
    ['A: gateway', 'B: gateway'],
  );
});

test('charts and pages take what a server says as text', () => {
  const hostile = resultWith({
    server: '<script>alert(1)</script>',
    troubles: { '<img src=x>': 1 },
    warnings: ['"a" & <b>'],
    samples: [sample(1, 10), sample(2, 12)],
  });
  for (const text of [pageOf([hostile]), pageOf([hostile, hostile]), chartOf([hostile])]) {
    assert.doesNotMatch(text, /<script>|<img|<b>/);
    assert.doesNotMatch(text, /NaN|undefined|null/);
  }
  assert.match(chartOf([resultWith({})]), /nothing was measured/);
});

test('parameters of other scenarios are no difference, and a percentile of few samples is no figure', () => {
  const other = resultWith({ scenario: 'stream', parameters: { streams: 5 } });
  assert.deepEqual(differences(resultWith({}), other), ['scenario: rpc and stream']);
  const tally = new Tally();
  for (let at = 0; at < 150; at += 1) tally.histograms.reply.record(1);
  const window = { seconds: 1, seen: tally.snapshot(), open: 1, serverSeconds: null };
  assert.deepEqual(
    latencyFigures(window, 'reply').map(({ name }) => name),
    ['request to reply, p50', 'request to reply, p99', 'request to reply, max'],
  );
});
