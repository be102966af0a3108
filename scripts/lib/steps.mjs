/** Steps of a build: quiet where they work, complete where they fail, and one at a time. */
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** On a terminal the line counts in place; a log gets one more line now and then. */
const PROGRESS_EVERY_MS = process.stderr.isTTY ? 1000 : 30_000;
const LOCK_POLL_MS = 200;

/** A sentence for whoever waits; on standard error, as standard output is the program's. */
export const describe = (sentence) => process.stderr.write(`${sentence}\n`);

/** A step did not work; the message says which and holds all it printed. */
export class StepFailed extends Error {}

/**
 * Runs a program and shows nothing of it but one line and how long it has been at it.
 *
 * @param {string} what the step does, as the start of a sentence
 * @param {string} command @param {readonly string[]} args
 * @throws {StepFailed}
 */
export const runQuietly = async (what, command, args) => {
  const startedMs = performance.now();
  const inPlace = process.stderr.isTTY;
  process.stderr.write(`${what} …${inPlace ? '' : '\n'}`);
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stderr.write(inPlace ? `\r${what} … ${seconds} s` : `${what} … ${seconds} s\n`);
  }, PROGRESS_EVERY_MS);
  try {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    const status = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? code));
    });
    if (status !== 0)
      throw new StepFailed(`${output}\n${what} failed (${status}): the output above says why.`);
  } finally {
    clearInterval(ticker);
    if (inPlace) process.stderr.write('\n');
  }
};

/** @param {number} pid @returns {boolean} */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/**
 * Linking is atomic: whoever sees the lock sees its holder in it, even one that was killed at once.
 *
 * @param {string} path @returns {boolean} whether the lock is ours now; frees it where its holder is dead
 */
const tryLock = (path) => {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    if (!isAlive(Number(readFileSync(path, 'utf8')))) rmSync(path, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
};

/**
 * Runs `work` while no other process runs its own under the same lock.
 *
 * @param {string} path of the lock file, which holds the pid of its holder
 * @param {() => Promise<void>} work
 */
export const withLock = async (path, work) => {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryLock(path)) {
    if (!told) describe('Waiting for another build of this folder …');
    told = true;
    await delay(LOCK_POLL_MS);
  }
  try {
    await work();
  } finally {
    rmSync(path, { force: true });
  }
};
