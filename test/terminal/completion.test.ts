import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../helpers/gateway.js';
import { NO_TERMINAL, PseudoTerminal } from '../helpers/pseudo-terminal.js';
import { PROGRAM } from './session.js';

/** How each shell starts with nothing but the script. */
const SHELLS: readonly [string, readonly string[], (file: string) => string][] = [
  ['bash', ['--norc', '--noprofile', '-i'], (file) => `source ${file}`],
  ['zsh', ['-f', '-i'], (file) => `autoload -Uz compinit; compinit -u -D; source ${file}`],
  ['fish', ['--no-config', '-i'], (file) => `source ${file}`],
];

for (const [shell, options, start] of SHELLS) {
  const isMissing = spawnSync(shell, ['-c', 'exit 0']).status !== 0;
  const skip = NO_TERMINAL || (isMissing ? `${shell} is not installed here` : false);
  test(`${shell}: Tab completes what somebody types`, { skip }, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'script');
    writeFileSync(file, execFileSync(process.execPath, [PROGRAM, 'completion', shell]));
    const terminal = new PseudoTerminal(t, [shell, ...options], { cwd: folder, env: { HOME: folder } });
    terminal.type(`${start(file)}; echo re''ady\r`);
    await terminal.shows(/^ready/m);
    terminal.type('openclaw gatew\ttr\t--verb\t');
    await terminal.shows(/openclaw gateway trace --verbose/);
    terminal.type('--token-file scr\t');
    await terminal.shows(/openclaw gateway trace --verbose --token-file script/);
    terminal.type('\u0015openclaw config get gateway.web\t');
    await terminal.shows(/openclaw config get gateway\.web_ui/);
  });
}
