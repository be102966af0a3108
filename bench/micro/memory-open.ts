/** How long does a gateway with a million messages wait for its database when it starts? */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteMemory } from '../../server/backends/memory/sqlite.js';
import { fillDatabase, percentile, temporaryHome } from './lib/memory.js';
import { reportFigures } from './lib/report.js';

const MESSAGES = 1_000_000;
const TIMES = 10;

const path = join(temporaryHome(), 'openclaw.db');
fillDatabase(path, MESSAGES);
const times: number[] = [];
for (let time = 0; time < TIMES; time += 1) {
  const startMs = performance.now();
  const memory = await openSqliteMemory({ path });
  await memory.openPrincipal('local');
  times.push(performance.now() - startMs);
  await memory.close();
}

reportFigures('Opening a database of 1 000 000 messages, until the first answer', [
  { name: 'median', value: percentile(times, 50), unit: 'ms' },
  { name: 'longest', value: Math.max(...times), unit: 'ms' },
  { name: 'size of the file', value: statSync(path).size / 2 ** 20, unit: 'MiB' },
]);
