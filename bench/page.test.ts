import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildBenchmarksPage } from '../scripts/generate/benchmarks/page.js';
import { type LoadFile, readResults } from '../scripts/generate/benchmarks/results.js';
import type { MicroResult } from './micro/lib/report.js';

const machine = { processor: 'Test 9000', cores: 4, memoryGiB: 8, system: 'linux 6 x64', node: 'v20.20.2' };

const folder = (t: TestContext, files: Readonly<Record<string, unknown>>): string => {
  const path = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, value] of Object.entries(files)) writeFileSync(join(path, name), JSON.stringify(value));
  return path;
};

const figure = (name: string, value: number | null, unit: string, atMost: number | null = null) => ({
  name,
  value,
  unit,
  goal: atMost === null ? null : { atMost },
});
const load: LoadFile = {
  scenario: 'idle',
  server: 'gateway',
  version: '0.9.4',
  machine,
  parameters: { connections: 1200, tokensPerSecond: 20, warmUpSeconds: 1, heartbeatSeconds: 2 },
  figures: [
    figure('memory of each', 1536, 'B', 2048),
    figure('a heartbeat', 24.04, 'µs', 12),
    figure('open', 3, ''),
    figure('unknown', null, 'ms', 1),
  ],
  warnings: ['Others were loud.'],
};
const beside: LoadFile = {
  ...load,
  pinning: { server: '0', clients: '1-3' },
  points: [
    { connections: 100, figures: [figure('rate', 5, '/s')] },
    { connections: 10_000, figures: [figure('rate', 7000, '/s')] },
  ],
  against: { ...load, server: 'raw', figures: [figure('memory of each', 512, 'B')], warnings: [] },
};
const micro: MicroResult = {
  kind: 'micro',
  version: '0.9.4',
  machine,
  tables: [
    {
      title: 'Serializers',
      command: 'npm run bench:micro -- codec',
      reference: 'JSON.stringify',
      figures: [{ name: 'chat.stream', value: 123.4, unit: 'ns', reference: 400 }],
    },
    {
      title: 'The store',
      command: 'npm run bench:micro -- memory',
      reference: null,
      figures: [{ name: 'messages', value: 12_345.6, unit: '/s' }],
    },
  ],
};

test('what load and micro-benchmarks wrote becomes tables, each with its command, machine and goals', (t) => {
  const page = buildBenchmarksPage(
    readResults(folder(t, { 'beside.json': beside, 'load.json': load, 'micro.json': micro })),
  ).text;
  for (const line of [
    'npm run bench:load -- --scenario idle --connections 1200 --tokens 20 --warm-up 1 --heartbeat 2 --server gateway',
    'npm run bench:load -- --scenario idle --connections 1200 --tokens 20 --warm-up 1 --heartbeat 2 --server gateway --against raw --pin',
    'Test 9000, 4 cores, 8 GiB, linux 6 x64, Node v20.20.2; gateway 0.9.4.',
    '| memory of each | 1 536 B | ≤ 2 048 | reached |',
    '| a heartbeat | 24.0 µs | ≤ 12 | **missed** |',
    '| open | 3 |  |  |',
    '| unknown | – |  |  |',
    '| memory of each | 1 536 B | 512 B | 3.00 | ≤ 2 048 | reached |',
    '| open | 3 | – | – |  |  |',
    '| connections | 100 | 10 000 |',
    '| rate | 5 /s | 7 000 /s |',
    '**Warning:** Others were loud.',
    'npm run bench:micro -- codec',
    '| chat.stream | 123 ns | 0.31 |',
    '| messages | 12 346 /s |',
  ]) {
    assert.ok(page.split('\n').includes(line), `${line}\nin\n${page}`);
  }
});

test('without results the page says how to make them', (t) => {
  const missing = join(folder(t, {}), 'nothing');
  const page = buildBenchmarksPage(readResults(missing)).text;
  assert.match(page, /No run is recorded yet: `npm run bench:peers -- --write-docs`/);
  assert.doesNotMatch(page, /undefined|NaN/);
});

test('a file that is no result is named', (t) => {
  assert.throws(() => readResults(folder(t, { 'odd.json': { figures: [] } })), /odd\.json is no result/);
});
