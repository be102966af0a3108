/** A program on a terminal of its own, and what somebody in front of that would see: `script` has the terminal, xterm.js draws it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:os';
import type { TestContext } from 'node:test';
import xterm from '@xterm/headless';
import { atEnd } from './gateway.js';

/** How long a test waits for something that should be shown soon. */
const PATIENCE_MS = 60_000;

/** Why no program can be given a terminal here; false where one can. The options of other systems' `script` are others. */
export const NO_TERMINAL =
  platform() === 'linux' && spawnSync('script', ['--version']).status === 0
    ? false
    : 'the program script of util-linux is not here';

export interface PseudoTerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export class PseudoTerminal {
  readonly child: ChildProcess;
  /** Exit status of the program. */
  readonly exited: Promise<number>;
  readonly #emulator: xterm.Terminal;
  #raw = '';
  #wake: () => void = () => {};

  /** Starts it; it is killed when the test ends. @param command the program and its arguments */
  constructor(
    t: TestContext,
    command: readonly string[],
    { env, cwd, columns = 80, rows = 24 }: PseudoTerminalOptions,
  ) {
    this.#emulator = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
    // Answers of the terminal itself, such as where its cursor is.
    this.#emulator.onData((answer) => this.type(answer));
    const line = `stty cols ${columns} rows ${rows} && exec ${command.map(quoted).join(' ')}`;
    this.child = spawn('script', ['-q', '-e', '-c', line, '/dev/null'], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdin?.on('error', () => {});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#raw += text;
      this.#emulator.write(text, () => this.#wake());
    });
    this.exited = once(this.child, 'close').then(([status]) => status ?? -1);
    void this.exited.then(() => this.#wake());
    atEnd(t, async () => {
      this.child.kill('SIGKILL');
      await this.exited;
      this.#emulator.dispose();
    });
  }

  /** Everything that was written to the terminal, codes included. */
  get raw(): string {
    return this.#raw;
  }

  /** What is and was on the screen: whole lines, however often the terminal broke them, without the blanks at their ends. */
  get text(): string {
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row);
      const text = line?.translateToString(false) ?? '';
      if (line?.isWrapped) lines.push((lines.pop() ?? '') + text);
      else lines.push(text);
    }
    return lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Presses keys: `\r` is Enter, `\u0003` Ctrl+C. */
  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** What a terminal sends where somebody pastes. */
  paste(text: string): void {
    this.type(`\u001b[200~${text.replaceAll('\n', '\r')}\u001b[201~`);
  }

  /** Waits until {@link text} matches. Throws where it does not within a minute, or the program ends before it does. */
  async shows(pattern: RegExp): Promise<string> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const [found] = pattern.exec(this.text) ?? [];
        if (found !== undefined) return found;
        if (isLate || this.child.exitCode !== null)
          throw new Error(
            `${pattern} is not on the screen${isLate ? '' : ' of a program that has ended'}:\n${this.text}`,
          );
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
