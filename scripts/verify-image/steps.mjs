/** What every part of the verification needs: programs with an end, sentences for whoever waits, and an order in which things are undone. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** The image, or this machine, is not as it should be; the message is for people and the whole of what is printed. */
export class Problem extends Error {}

/** The verification cannot be done here: no root, no network, no package. */
export class Unavailable extends Problem {}

const startedMs = performance.now();

/** One line on standard error, with the time since the start. @param {string} sentence */
export const say = (sentence) => {
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(`${clock.padStart(6)}  ${sentence}\n`);
};

/** @param {unknown} condition @param {string} sentence what is wrong otherwise */
export const must = (condition, sentence) => {
  if (!condition) throw new Problem(sentence);
};

/** Processes that run, so that an interrupted verification ends them. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends the programs that still run, and those that they have started. */
export const endAll = () => {
  for (const { pid } of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
};

/**
 * Runs a program to its end.
 *
 * @param {string} command @param {readonly string[]} args
 * @param {{
 *   cwd?: string, env?: NodeJS.ProcessEnv, logFile?: string, timeoutMs?: number, onOutput?: (text: string) => void,
 * }} [options] logFile: what it prints is added there as well
 * @returns {Promise<{ status: number | string, stdout: string, stderr: string }>} status: also the name of a signal
 */
export const attempt = (
  command,
  args,
  { cwd, env, logFile, timeoutMs = 600_000, onOutput = () => {} } = {},
) =>
  new Promise((resolve, reject) => {
    // A group of its own: a signal of the terminal comes to this process, which ends things in order.
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const log = logFile === undefined ? null : createWriteStream(logFile, { flags: 'a' });
    const said = { stdout: '', stderr: '' };
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text) => {
        said[name] += text;
        log?.write(text);
        onOutput(text);
      });
    }
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), timeoutMs);
    child.once('error', (error) => {
      running.delete(child);
      clearTimeout(timer);
      reject(new Problem(`${command} cannot be run (${error.code}): install it, or look at --help.`));
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      clearTimeout(timer);
      log?.end();
      resolve({ status: signal ?? code ?? 1, ...said });
    });
  });

/**
 * The same for what must work.
 *
 * @param {Parameters<typeof attempt>} args @returns {Promise<string>} its standard output, without blanks around it
 */
export const run = async (...args) => {
  const { status, stdout, stderr } = await attempt(...args);
  if (status === 0) return stdout.trim();
  const [command, [first = ''] = []] = args;
  const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
  throw new Problem(`${tail}\n${command} ${first} failed (${status}): the lines above say why.`);
};

/** What is to be undone, last thing first. */
export class Undo {
  /** @type {(() => unknown)[]} */
  #steps = [];

  /** @param {() => unknown} step */
  add(step) {
    this.#steps.push(step);
  }

  /** Each step is tried, whatever the others do. */
  async all() {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        say(`Could not tidy up: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}

/**
 * Asks again until there is an answer.
 *
 * @template T @param {string} what is waited for, as a sentence calls it
 * @param {() => Promise<T | null | undefined | false>} look @param {number} [withinMs] @returns {Promise<T>}
 */
export const eventually = async (what, look, withinMs = 20_000) => {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    must(performance.now() < untilMs, `${what} did not come about within ${withinMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
