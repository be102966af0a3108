/** Other programs, run to their end with all they print. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { StepFailed } from '../lib/steps.mjs';

/**
 * @param {string} command @param {readonly string[]} args
 * @param {{ cwd: string, env?: Readonly<Record<string, string>> }} options env: variables besides those of this process
 * @returns {Promise<{ status: number | string, stdout: string, stderr: string }>} status: or the signal
 */
export const run = async (command, args, { cwd, env = {} }) => {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status: signal ?? code, stdout, stderr };
};

/**
 * The same for what must work.
 *
 * @param {string} command @param {readonly string[]} args @param {Parameters<typeof run>[2]} options
 * @returns {Promise<string>} its standard output
 * @throws {StepFailed} with all it printed
 */
export const must = async (command, args, options) => {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status === 0) return stdout;
  throw new StepFailed(
    `${stdout}${stderr}\n${[command, ...args].join(' ')} failed (${status}): the output above says why.`,
  );
};

/** @param {string} root @param {...string} args @returns {Promise<string>} what git printed, without the last line's end */
export const git = async (root, ...args) => (await must('git', args, { cwd: root })).trimEnd();
