import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { MicroResult } from './report.js';

const REPORT = pathToFileURL(join(import.meta.dirname, 'report.js')).href;

test('benchmarks that are run into one file are all in it, each with its own command', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'micro.json');
  const run = (name: string, args: string): string => {
    const program = join(dir, `${name}.mjs`);
    writeFileSync(program, `import { reportFigures } from '${REPORT}';\nreportFigures(${args});\n`);
    return execFileSync(process.execPath, [program, '--json', file], { encoding: 'utf8' });
  };
  const plain = run(
    'wheel',
    `'The wheel', [{ name: 'set', value: 20, unit: 'ns' }, { name: 'fire', value: 30, unit: 'ns' }]`,
  );
  assert.match(plain, /^The wheel \(Node v/);
  assert.match(plain, /fire +30 ns +1\.50 × the first/);
  const beside = run('codec', `'Codec', [{ name: 'a', value: 5, unit: 'ns', reference: 10 }], 'JSON'`);
  assert.match(beside, /a +5\.0 ns +0\.50 × JSON/);
  const { kind, tables } = JSON.parse(readFileSync(file, 'utf8')) as MicroResult;
  assert.equal(kind, 'micro');
  assert.deepEqual(
    tables.map(({ title, command }) => [title, command]),
    [
      ['The wheel', 'npm run bench:micro -- wheel'],
      ['Codec', 'npm run bench:micro -- codec'],
    ],
  );
});
