/** docs/security.md names sources and tests, SECURITY.md options and commands: all of them are there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome } from '../../cli/recorded-terminal.js';
import { resolveHome } from '../../server/config/home.js';
import { loadConfig } from '../../server/config/load.js';
import { temporaryFolder } from '../helpers/gateway.js';

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

/** What stands in the text as code and begins like this. */
const codeIn = (page: string, beginning: RegExp): readonly string[] =>
  [...page.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code).filter((code) => beginning.test(code));

test('every option of the checklist is one, with a value that it takes', (t) => {
  const options = codeIn(readReal('SECURITY.md') ?? '', /^[a-z_]+\.[a-z_.]+ = /);
  assert.ok(options.length >= 8);
  const home = resolveHome({ OPENCLAW_HOME: temporaryFolder(t) });
  for (const option of options) {
    // A certificate's files are the operator's own.
    const rest = option.startsWith('gateway.tls.')
      ? '\ngateway.tls.cert_path = "c"\ngateway.tls.key_path = "k"\n'
      : '';
    // Where a key is needed with a provider, one is.
    const also = option.startsWith('reasoning.')
      ? '\nreasoning.provider = "anthropic"\nreasoning.model = "m"\n'
      : '';
    writeFileSync(home.configFile, `${option}${rest}${also}`);
    assert.ok(loadConfig({ home, env: {}, flags: {} }).config, option);
  }
});

test('every command of the checklist is one, and each word of it', async (t) => {
  const commands = codeIn(readReal('SECURITY.md') ?? '', /^openclaw /);
  assert.ok(commands.length >= 5);
  const { run } = openHome(t);
  for (const command of commands) {
    // As it stands, but for what it would do: its help is asked for, which knows no option that is none.
    const [, ...words] = command.split(' ');
    const outcome = await run([...words, '--help']);
    assert.deepEqual([outcome.status, outcome.stderr], [0, ''], command);
    const wrong = words.filter((word) => word.startsWith('--') && !outcome.stdout.includes(word));
    assert.deepEqual(wrong, [], command);
  }
  const create = commands.find((command) => command.startsWith('openclaw token create '));
  assert.equal((await run((create ?? '').split(' ').slice(1))).status, 0);
});
