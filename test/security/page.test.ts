/** docs/security.md names sources and tests: they are there, and every threat has both. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** This file runs from `dist/test/security`. */
const ROOT = join(import.meta.dirname, '../../..');
const PAGE = 'docs/security.md';

/** The tests of a file by their names, without the ids of clauses; `…` for what is put in when it runs. */
const testsIn = (source: string): ReadonlySet<string> =>
  new Set(
    [...source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map(([, , name = '']) =>
      name
        .replace(/^\$\{req\([^)]*\)\}\s*/, '')
        .replace(/\$\{[^}]*\}/g, '…')
        .replace(/\\(.)/g, '$1'),
    ),
  );

type Read = (path: string) => string | null;

/** What is wrong with a row's cell of tests: `path` “name” “name” `path` … */
const testProblems = (cell: string, read: Read): readonly string[] => {
  const problems: string[] = [];
  let path = '';
  let names = 0;
  for (const [token, file, name] of cell.matchAll(/`([^`]+)`|“([^”]+)”/g)) {
    if (file !== undefined) {
      path = file;
      if (read(path) === null) problems.push(`there is no ${path}`);
    } else if (name !== undefined) {
      names += 1;
      if (!testsIn(read(path) ?? '').has(name)) problems.push(`${path} has no test ${token}`);
    }
  }
  return names === 0 ? [...problems, 'no test'] : problems;
};

const sourceProblems = (cell: string, read: Read): readonly string[] => {
  const paths = [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
  if (paths.length === 0) return ['no source'];
  return paths.filter((path) => read(path) === null).map((path) => `there is no ${path}`);
};

const problemsOf = (page: string, read: Read): readonly string[] => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:threat|---) \|/.test(line));
  if (rows.length === 0) return ['there are no threats'];
  return rows.flatMap((row) => {
    const [threat = '', done = '', source = '', tests = '', ...more] = row.slice(2, -2).split(' | ');
    const shape = more.length > 0 || done === '' ? ['a row has four cells'] : [];
    return [...shape, ...sourceProblems(source, read), ...testProblems(tests, read)].map(
      (problem) => `${threat}: ${problem}`,
    );
  });
};

const cache = new Map<string, string | null>();
const readReal: Read = (path) => {
  const before = cache.get(path);
  if (before !== undefined) return before;
  const text = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : null;
  cache.set(path, text);
  return text;
};

test('every threat has a source and a test that are there', () => {
  assert.deepEqual(problemsOf(readReal(PAGE) ?? '', readReal), []);
});

test('what is missing is found', () => {
  const files: Readonly<Record<string, string>> = {
    'a.ts': '',
    'a.test.ts': `test('it\\'s "held"', () => {});\ntest(\`\${req('P1-a')} by \${what} \${1 + 1}\`, () => {});\ntest(\n  "other", async (t) => {});`,
  };
  const read: Read = (path) => files[path] ?? null;
  const row = (source: string, tests: string): string => `| t | d | ${source} | ${tests} |`;
  assert.deepEqual(problemsOf(row('`a.ts`', '`a.test.ts` “it\'s "held"” “by … …” “other”'), read), []);
  for (const [source, tests, problem] of [
    ['`b.ts`', '`a.test.ts` “other”', 't: there is no b.ts'],
    ['', '`a.test.ts` “other”', 't: no source'],
    ['`a.ts`', '`a.test.ts`', 't: no test'],
    ['`a.ts`', '`a.test.ts` “othe”', 't: a.test.ts has no test “othe”'],
    ['`a.ts`', '`b.test.ts` “other”', 't: there is no b.test.ts'],
  ] as const) {
    assert.equal(problemsOf(row(source, tests), read)[0], problem);
  }
  assert.deepEqual(problemsOf('# nothing', read), ['there are no threats']);
});
