/**
 * Writes everything that follows from the schemas, the page of the metrics, the dashboards and the alerts from the metrics' table,
 * and the page of the benchmarks from their results: `node dist/scripts/generate.js`.
 * With `--check` it compares instead, and fails where a file is not what it should be.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderConfigExample, renderConfigPage } from './config-docs.js';
import { buildBenchmarksPage } from './generate/benchmarks/page.js';
import { readResults } from './generate/benchmarks/results.js';
import { buildSizing } from './generate/benchmarks/sizing.js';
import { buildClientTypes } from './generate/client-types.js';
import { buildDashboards } from './generate/grafana/dashboards.js';
import { buildValuesSchema } from './generate/helm/values-schema.js';
import { buildMetricsPage } from './generate/metrics-page.js';
import { buildPrometheusFiles } from './generate/prometheus/files.js';
import { buildProtocolPage } from './generate/protocol-page.js';
import type { Output } from './generate/schema.js';
import { buildSerializers } from './generate/serializers.js';
import { buildMethodList, buildOpenRpcConstant } from './generate/tables.js';
import { buildValidators } from './generate/validators.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const read = (path: string): string | null => {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

const results = readResults(join(ROOT, 'bench', 'results'));
const DEPLOYMENT = 'docs/deployment.md';

const outputs: readonly Output[] = [
  ...buildValidators(),
  ...buildSerializers(),
  ...buildMethodList(),
  ...buildOpenRpcConstant(version),
  ...buildClientTypes(),
  buildProtocolPage(),
  buildMetricsPage(),
  ...buildDashboards(),
  ...buildPrometheusFiles(),
  buildValuesSchema(),
  buildBenchmarksPage(results),
  buildSizing(DEPLOYMENT, read(DEPLOYMENT) ?? '', results),
  { path: 'config.example.toml', text: renderConfigExample() },
  { path: 'docs/configuration.md', text: renderConfigPage() },
];

// A file that is right already keeps its time of change, so that nothing is built again.
const stale = outputs.filter(({ path, text }) => read(path) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(
      `Not what schemas/, metrics/ or bench/results say: ${stale.map(({ path }) => path).join(', ')}. Run "npm run generate".`,
    );
    process.exitCode = 1;
  }
} else {
  for (const { path, text } of stale) writeFileSync(join(ROOT, path), text);
}
