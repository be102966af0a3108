/** The `openclaw` command as a reader types it: a process of its own in the home of a gateway. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { atEnd } from './gateway.js';

/** This file runs from `dist/test/helpers`. */
const PROGRAM = join(import.meta.dirname, '../../cli/main.js');

export interface CommandOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs it to its end; it is killed where the test ends first.
 * @param words behind `openclaw`, as typed: `config set gateway.heartbeat_timeout 120`
 * @param env besides `PATH`
 */
export const openclaw = async (
  t: TestContext,
  words: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandOutcome> => {
  const child = spawn(process.execPath, [PROGRAM, ...words.split(' ')], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await closed;
  return { status, stdout, stderr };
};
