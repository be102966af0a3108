/** A clone of this repository with the files as they are now, to be broken and released by tests. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { atEnd } from '../helpers/gateway.js';

/** This file runs from `dist/test/release`. */
export const ROOT = join(import.meta.dirname, '../../..');

/** Whoever runs the tests has a name, a key or hooks of git that are not these repositories'. */
const GIT_ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
};

/** The tracked files and those that will be; null where this is no clone, as in an unpacked archive. */
const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
});
export const FILES: readonly string[] | null =
  listed.status === 0
    ? listed.stdout.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))
    : null;

export const NO_CLONE = FILES === null ? 'this is no git clone' : false;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; it is killed where the test ends first. */
export const run = async (
  t: TestContext,
  cwd: string,
  command: string,
  ...args: readonly string[]
): Promise<Outcome> => {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...GIT_ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
};

/** A folder that is gone when the test ends. */
export const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-release-test-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export class Clone {
  readonly folder: string;
  readonly #t: TestContext;

  private constructor(t: TestContext) {
    this.#t = t;
    this.folder = temporaryFolder(t);
  }

  /** On branch `main`, with one commit, and with the packages that are installed here. */
  static async make(t: TestContext): Promise<Clone> {
    const clone = new Clone(t);
    for (const path of FILES ?? []) {
      mkdirSync(dirname(join(clone.folder, path)), { recursive: true });
      cpSync(join(ROOT, path), join(clone.folder, path), { verbatimSymlinks: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(clone.folder, 'node_modules'));
    await clone.git('init', '--quiet', '--initial-branch=main');
    // The link is no folder, as .gitignore has it.
    clone.write('.git/info/exclude', 'node_modules\n');
    await clone.commit('All');
    return clone;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.folder, path), content);
  }

  /** @throws where there is nothing to replace */
  edit(path: string, from: string | RegExp, to: string): void {
    const before = this.read(path);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${path} does not have ${from}`);
    this.write(path, after);
  }

  async git(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run(this.#t, this.folder, 'git', ...args);
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
    return stdout.trimEnd();
  }

  async commit(subject: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', subject);
  }

  release(...args: readonly string[]): Promise<Outcome> {
    return run(this.#t, this.folder, join(this.folder, 'scripts/release'), ...args);
  }
}
