/** A gateway in a process of its own, started by the command line: for signals, locks and limits of the system. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd, TEST_WORKERS } from './gateway.js';

/** This file runs from `dist/test/helpers`. */
const PROGRAM = join(import.meta.dirname, '../../cli/main.js');
/** How long a test waits for something a process should print soon. */
const PATIENCE_MS = 30_000;

export interface SpawnOptions {
  readonly homeDir: string;
  readonly args?: readonly string[];
  /** Soft and hard limit of open descriptors. */
  readonly descriptors?: number;
  /** Of its operators' listener; without it any that is free. */
  readonly metricsPort?: number;
  /** A program that starts the gateway, with its own options. */
  readonly launcher?: readonly string[];
  /** For Node.js, ahead of the program. */
  readonly nodeArgs?: readonly string[];
  /** Variables besides those that every gateway under test has. */
  readonly env?: Readonly<Record<string, string>>;
}

export class GatewayProcess {
  readonly child: ChildProcess;
  /** Exit status or signal; resolves when all output has come. */
  readonly exited: Promise<number | string>;
  #stdout = '';
  #stderr = '';
  #wake: () => void = () => {};

  constructor(
    t: TestContext,
    {
      homeDir,
      args = [],
      descriptors,
      metricsPort = 0,
      launcher = [],
      nodeArgs = [],
      env = {},
    }: SpawnOptions,
  ) {
    const command = [...launcher, process.execPath, ...nodeArgs, PROGRAM, 'gateway', '--port', '0', ...args];
    // `exec`: the process that gets our signals is the gateway, not a shell around it.
    const [file = '', ...rest] =
      descriptors === undefined
        ? command
        : ['/bin/sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command];
    this.child = spawn(file, rest, {
      env: {
        PATH: process.env.PATH,
        OPENCLAW_HOME: homeDir,
        OPENCLAW_METRICS__PORT: String(metricsPort),
        OPENCLAW_GATEWAY__WORKERS: TEST_WORKERS,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
      this.#wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
      this.#wake();
    });
    this.exited = once(this.child, 'close').then(([code, signal]) => code ?? signal);
    void this.exited.then(() => this.#wake());
    atEnd(t, async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** The log, and the frames of `--debug`. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The port, once it listens. Throws where the gateway ends instead. */
  async port(): Promise<number> {
    const [, port] = await this.#printed(() => /listens at wss?:\/\/\S+:(\d+)/.exec(this.#stdout));
    return Number(port);
  }

  /** Waits until its log matches, or what it says on standard error. */
  async said(pattern: RegExp): Promise<string> {
    const [text] = await this.#printed(() => pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr));
    return text;
  }

  async #printed(look: () => RegExpExecArray | null): Promise<RegExpExecArray> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const found = look();
        if (found !== null) return found;
        const ended = this.child.exitCode ?? this.child.signalCode;
        if (late || ended !== null) {
          throw new Error(
            `the gateway ${ended === null ? 'said nothing' : 'ended'}: ${this.#stdout}${this.#stderr}`,
          );
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
