/** A service manager's end of `NOTIFY_SOCKET`, by another implementation of datagram sockets than the gateway's. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { atEnd } from '../../helpers/gateway.js';

/** This file runs from `dist/test/deploy/systemd`. */
const PROGRAM = join(import.meta.dirname, '../../../../test/deploy/systemd/receive.py');
const PATIENCE_MS = 30_000;

/** False where a test can listen as a service manager does, otherwise its `skip`. */
export const NO_MANAGER: string | false =
  process.platform !== 'linux'
    ? 'needs Linux'
    : spawnSync('python3', ['--version']).error === undefined
      ? false
      : 'needs python3';

export interface Notice {
  /** The system's monotonic clock. */
  readonly at_ms: number;
  /** The sender, as the kernel knows it. */
  readonly pid: number;
  readonly text: string;
}

export class Manager {
  /** Everything that came, in order. */
  readonly notices: Notice[] = [];
  readonly #child: ChildProcess;
  #wake: () => void = () => {};

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Reads nothing until {@link resume}: what comes waits in the socket as far as there is room. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** @param name for `NOTIFY_SOCKET`: a path, or `@` and a name */
  static async listen(t: TestContext, name: string): Promise<Manager> {
    const child = spawn('python3', [PROGRAM, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    atEnd(t, async () => {
      child.kill('SIGKILL');
      await closed;
    });
    const manager = new Manager(child);
    const lines = createInterface(child.stdout);
    await once(lines, 'line');
    lines.on('line', (line) => {
      manager.notices.push(JSON.parse(line) as Notice);
      manager.#wake();
    });
    return manager;
  }

  /** The first notice from number `from` on that has this assignment. */
  async heard(assignment: string | RegExp, from = 0): Promise<Notice & { readonly number: number }> {
    const isIt = ({ text }: Notice): boolean =>
      text
        .split('\n')
        .some((line) => (typeof assignment === 'string' ? line === assignment : assignment.test(line)));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const number = this.notices.findIndex((notice, at) => at >= from && isIt(notice));
        const notice = this.notices[number];
        if (notice !== undefined) return { ...notice, number };
        if (late) throw new Error(`${assignment} was not heard: ${JSON.stringify(this.notices)}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
