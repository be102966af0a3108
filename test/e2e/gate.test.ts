/** The gate: no clause without a test, no test for a clause that does not exist. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NOT_BUILT_YET, REQUIREMENTS } from './requirements.js';
import { CHANNEL_REQUIREMENTS } from './requirements-channels.js';
import { GUARD_REQUIREMENTS } from './requirements-guards.js';
import { REASONING_REQUIREMENTS } from './requirements-reasoning.js';
import { LIMIT_CLAUSES, PROTOCOL_CLAUSES } from './requirements-tables.js';
import { TRANSPORT_REQUIREMENTS } from './requirements-transport.js';

/** This file runs from `dist/test/e2e`; the sources say what exists, `dist` may hold more. */
const SOURCES = join(import.meta.dirname, '../../../test/e2e');

/** Ids in the titles of tests that run: one that is skipped for good, or left to do, shows nothing. */
const citedIn = (source: string): readonly string[] =>
  [...source.matchAll(/\btest\(\s*`\$\{req\(([^)]*)\)\}/g)].flatMap(([, ids = '']) =>
    [...ids.matchAll(/'([^']*)'/g)].map(([, id = '']) => id),
  );

/** What is wrong between the clauses and the tests, one sentence each. */
const problems = (
  requirements: ReadonlySet<string>,
  notBuiltYet: ReadonlySet<string>,
  sources: readonly string[],
): readonly string[] => {
  if (sources.length === 0) return ['there are no tests'];
  const cited = new Set(sources.flatMap(citedIn));
  return [
    ...[...requirements].filter((id) => !cited.has(id) && !notBuiltYet.has(id)).map((id) => `${id}: no test`),
    ...[...cited].filter((id) => !requirements.has(id)).map((id) => `${id}: cited, but no clause`),
    ...[...cited].filter((id) => notBuiltYet.has(id)).map((id) => `${id}: not built yet, but it has a test`),
    ...[...notBuiltYet].filter((id) => !requirements.has(id)).map((id) => `${id}: not built, and no clause`),
  ];
};

test('every clause is shown by a test, and every test shows a clause', () => {
  const sources = readdirSync(SOURCES)
    .filter((name) => name.endsWith('.test.ts') && name !== 'gate.test.ts')
    .map((name) => readFileSync(join(SOURCES, name), 'utf8'));
  assert.deepEqual(problems(new Set(Object.keys(REQUIREMENTS)), NOT_BUILT_YET, sources), []);
});

test('no two files of clauses use one id', () => {
  const files = [CHANNEL_REQUIREMENTS, TRANSPORT_REQUIREMENTS, GUARD_REQUIREMENTS, REASONING_REQUIREMENTS];
  const ids = files.flatMap((clauses) => Object.keys(clauses));
  assert.deepEqual(
    ids.filter((id, at) => ids.indexOf(id) !== at),
    [],
  );
  for (const id of Object.keys(REQUIREMENTS)) assert.match(id, /^(?:T|P[1-9]|J[456])-[a-z0-9-]+$/);
});

test('every number and every limit has a clause that is built', () => {
  for (const clause of [...Object.values(PROTOCOL_CLAUSES), ...Object.values(LIMIT_CLAUSES)]) {
    assert.ok(!NOT_BUILT_YET.has(clause), clause);
  }
});

test('the gate closes', () => {
  const clauses = new Set(['P1-a', 'P1-b', 'P1-later']);
  const later = new Set(['P1-later']);
  const shows = (ids: string): string => `test(\`\${req(${ids})} holds\`, () => {});`;
  assert.deepEqual(problems(clauses, later, []), ['there are no tests']);
  assert.deepEqual(problems(clauses, later, [shows(`'P1-a', 'P1-b'`)]), []);
  assert.deepEqual(problems(clauses, later, [shows(`'P1-a'`)]), ['P1-b: no test']);
  assert.deepEqual(problems(clauses, later, [shows(`'P1-a'`), `test.skip${shows(`'P1-b'`).slice(4)}`]), [
    'P1-b: no test',
  ]);
  assert.deepEqual(problems(clauses, later, [shows(`'P1-a', 'P1-b', 'P1-c'`)]), [
    'P1-c: cited, but no clause',
  ]);
  assert.deepEqual(problems(clauses, later, [shows(`'P1-a', 'P1-b', 'P1-later'`)]), [
    'P1-later: not built yet, but it has a test',
  ]);
});
