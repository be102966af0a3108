/** For tests: a command line in this process, with a home of its own and everything it prints kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { runCommandLine } from './program.js';
import type { Terminal } from './terminal.js';

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Conditions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped in or, with `isTTY`, typed. */
  readonly input?: string | Readable;
  readonly isTTY?: boolean;
  /** Hears what is printed on standard output so far; `signal` sends the process a signal. */
  readonly onOutput?: (stdout: string, signal: (name: NodeJS.Signals) => void) => void;
  /** The same of standard error. */
  readonly onErrors?: (stderr: string) => void;
  /** Gets what sends the process a signal, before anything is run. */
  readonly onSignals?: (signal: (name: NodeJS.Signals) => void) => void;
}

/** A home directory that is removed after the test, and a function that runs command lines in it. */
export const openHome = (t: TestContext) => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-'));
  t.after(() => rmSync(home, { recursive: true }));
  const run = async (args: readonly string[], conditions: Conditions = {}): Promise<Outcome> => {
    const { input = '', isTTY = false, env = {}, onOutput = () => {}, onErrors = () => {} } = conditions;
    let stdout = '';
    let stderr = '';
    const listeners = new Set<{
      signals: readonly NodeJS.Signals[];
      listener: (name: NodeJS.Signals) => void;
    }>();
    const signal = (name: NodeJS.Signals) => {
      for (const { signals, listener } of listeners) if (signals.includes(name)) listener(name);
    };
    conditions.onSignals?.(signal);
    const write = (text: string) => {
      stdout += text;
      onOutput(stdout, signal);
    };
    const complain = (text: string) => {
      stderr += text;
      onErrors(stderr);
    };
    const stdin = typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input;
    const io: Terminal = {
      stdin: Object.assign(stdin, { isTTY }),
      stdout: { write, isTTY },
      stderr: { write: complain, isTTY },
      env: { OPENCLAW_HOME: home, ...env },
      onSignal: (signals, listener) => {
        const entry = { signals, listener };
        listeners.add(entry);
        return () => listeners.delete(entry);
      },
      goOnUnheard: () => {},
      terminalIsGone: () => false,
      exitNow: (status) => {
        throw new Error(`exit ${status}`);
      },
    };
    const status = await runCommandLine(args, io);
    return { status, stdout, stderr };
  };
  return { home, run };
};
