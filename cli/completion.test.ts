import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CONFIG_KEYS } from '../schemas/config.js';
import { allCommands, commandTree } from './command-tree.js';
import { wholeProgram } from './program.js';
import { openHome } from './recorded-terminal.js';
import type { Terminal } from './terminal.js';

type Shell = 'bash' | 'zsh' | 'fish';

const treeOf = async () => commandTree(await wholeProgram({ env: {} } as Terminal));

const hasShell = (shell: Shell): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** The script for a shell, written to a folder of the test. */
const writeScript = async (t: TestContext, shell: Shell): Promise<{ folder: string; file: string }> => {
  const { home: folder, run } = openHome(t);
  const { status, stdout, stderr } = await run(['completion', shell]);
  assert.deepEqual([status, stderr], [0, '']);
  const file = join(folder, '_openclaw');
  writeFileSync(file, stdout);
  writeFileSync(join(folder, 'a token'), '');
  return { folder, file };
};

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** For each shell a program that prints what is offered for the last of some words; `$words` stands for them. */
const PROBES: Record<
  Shell,
  { readonly start: (file: string) => string; readonly ask: (words: readonly string[]) => string }
> = {
  bash: {
    start: (file) => `source ${quoted(file)}`,
    ask: (words) =>
      `COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _openclaw; printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    // What would be offered is heard where the script hands it over; its choice by beginning is left to those.
    start: (file) => `
      compdef() { : }
      source ${quoted(file)}
      _describe() { print -rl -- \${\${(P)argv[-1]}%%:*} }
      compadd() { print -rl -- \${(P)2} }
      _files() { print -rl -- $PREFIX*(N) }`,
    ask: (words) => `
      words=(${words.map(quoted).join(' ')}); CURRENT=$#words; PREFIX=$words[-1]
      for each in "\${(@f)$(_openclaw)}"; do [[ $each == "$PREFIX"* ]] && print -r -- "$each"; done`,
  },
  fish: {
    start: (file) => `source ${quoted(file)}`,
    ask: (words) => `complete -C ${quoted(words.join(' '))}`,
  },
};
const OPTIONS = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] };

/** What a shell offers for the last word of each line, sorted. It starts without the files that a person has it start with. */
const offersOf = async (
  shell: Shell,
  { folder, file }: { folder: string; file: string },
  lines: readonly (readonly string[])[],
): Promise<string[][]> => {
  const { start, ask } = PROBES[shell];
  const program = [start(file), ...lines.flatMap((words) => [ask(['openclaw', ...words]), 'echo ---'])].join(
    '\n',
  );
  const env = { PATH: process.env.PATH, HOME: folder, TERM: 'dumb' };
  const { stdout, stderr } = await promisify(execFile)(shell, [...OPTIONS[shell], '-c', program], {
    cwd: folder,
    env,
  });
  assert.equal(stderr, '');
  const offered = stdout.split('---\n').slice(0, -1);
  assert.equal(offered.length, lines.length);
  return offered.map((text) => {
    const words = text.split('\n').map((each) => (each.split('\t')[0] ?? '').replaceAll('\\', '').trim());
    return [...new Set(words)].filter((each) => each !== '').sort();
  });
};

const CASES: readonly [string, readonly string[]][] = [
  ['ga', ['gateway']],
  ['cha', ['channel', 'chat']],
  ['channel ', ['create', 'delete', 'help', 'history', 'list', 'update']],
  ['gateway trace --ver', ['--verbose']],
  ['gateway --port 0 tr', ['trace']],
  ['gateway --port ', []],
  ['--config somewhere ch', ['channel', 'chat']],
  ['config set gateway.heartbeat_t', ['gateway.heartbeat_timeout']],
  ['config set gateway.port ', []],
  ['completion ', ['bash', 'fish', 'zsh']],
  ['help comp', ['completion']],
  ['chat --token-file a', ['a token']],
  ['chat hello --ch', ['--channel']],
  ['chat hello ', []],
];

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const skip = hasShell(shell) ? false : `${shell} is not installed here`;
  test(`${shell} completes commands, options, keys and files`, { skip }, async (t) => {
    const script = await writeScript(t, shell);
    const lines = CASES.map(([line]) => line.split(' '));
    const offered = await offersOf(shell, script, lines);
    assert.deepEqual(
      CASES.map(([line], at) => [line, offered[at]]),
      CASES,
    );
  });

  test(`${shell} knows every command, every option and every key`, { skip }, async (t) => {
    const script = await writeScript(t, shell);
    const commands = allCommands(await treeOf());
    const wordsOf = (path: string) => path.split(' ').filter((word) => word !== '');
    const offered = await offersOf(shell, script, [
      ...commands.map(({ path }) => [...wordsOf(path), '--']),
      ...commands.map(({ path }) => [...wordsOf(path), '']),
      ['config', 'get', ''],
    ]);
    for (const [at, { path, options, subcommands }] of commands.entries()) {
      const flags = options.flatMap((option) => option.flags).filter((flag) => flag.startsWith('--'));
      assert.deepEqual(offered[at], flags.sort(), path);
      const names = subcommands.map(({ name }) => name);
      if (names.length > 0) assert.deepEqual(offered[commands.length + at], names.sort(), path);
    }
    assert.deepEqual(offered.at(-1), [...CONFIG_KEYS].sort());
  });
}

test('bash takes apart what it made of = and : itself', { skip: !hasShell('bash') }, async (t) => {
  const offered = await offersOf('bash', await writeScript(t, 'bash'), [
    ['chat', '--url', 'ws', ':', '//127.0.0.1', '--tok'],
    ['chat', '--token-file', '=', 'a'],
    ['gateway', '--port', '=', '0', 'meth'],
  ]);
  assert.deepEqual(offered, [['--token-file'], ['a token'], ['methods']]);
});

test('the tree has every command that the help has, and every option that a command takes', async () => {
  const program = await wholeProgram({ env: {} } as Terminal);
  const tree = commandTree(program);
  const paths = allCommands(tree).map(({ path }) => path);
  for (const command of program.commands) {
    assert.ok(paths.includes(command.name()), command.name());
    for (const each of command.commands) {
      const spec = allCommands(tree).find(({ path }) => path === `${command.name()} ${each.name()}`);
      const flags = spec?.options.flatMap((option) => option.flags) ?? [];
      for (const option of [...each.options, ...program.options.filter(({ long }) => long === '--config')])
        assert.ok(flags.includes(option.long ?? ''), `${command.name()} ${each.name()} ${option.long}`);
    }
  }
  assert.ok(paths.length > 30, paths.join());
});

test('another shell is refused by name, and the help says how to install the scripts', async (t) => {
  const { run } = openHome(t);
  const { status, stderr } = await run(['completion', 'tcsh']);
  assert.equal(status, 2);
  assert.match(stderr, /'tcsh' is invalid for argument 'shell'\. Allowed choices are bash, zsh, fish/);
  const { stdout } = await run(['completion', '--help']);
  for (const words of ['~/.bashrc', 'compinit', '~/.config/fish/completions'])
    assert.ok(stdout.includes(words));
});
