/**
 * MCP over the standard input and output of a process of ours: a line for each message. Bounded where the library's own
 * transport is not: in the length of a line, in what is said in a while, and in what waits to be read by the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { codeOf, ServerFailure } from './failure.js';
import { FloodGuard } from './flood-guard.js';
import { LineSplitter } from './lines.js';
import type { ServerTarget } from './messages.js';

const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** What the server has not read yet. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** Kept of what it says on standard error: the end. */
const MAX_SAID_CHARS = 400;
/** For each of: leaving when its input ends, leaving when asked to. */
const LEAVE_MS = 1000;

export interface StdioEvents {
  readonly onProcess: (pid: number | null) => void;
  /** Nothing comes any more. */
  readonly onFailure: (failure: ServerFailure) => void;
}

/** Ends it and what it has started. It may have ended already. */
export const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // There is nobody left.
  }
};

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #target: Extract<ServerTarget, { kind: 'command' }>;
  readonly #events: StdioEvents;
  readonly #splitter = new LineSplitter(MAX_LINE_BYTES);
  readonly #flood = new FloodGuard();
  #child: ChildProcess | null = null;
  #said = '';
  #over = false;

  constructor(target: Extract<ServerTarget, { kind: 'command' }>, events: StdioEvents) {
    this.#target = target;
    this.#events = events;
  }

  /** The last it has said on standard error. */
  get said(): string {
    return this.#said;
  }

  async start(): Promise<void> {
    const { command, args, env } = this.#target;
    // A group of its own: what it starts ends with it, and a terminal's signals are the gateway's alone.
    const child = spawn(command, args, { env, stdio: 'pipe', detached: true });
    this.#child = child;
    // The first is heard below; what comes later is followed by its end.
    child.on('error', () => {});
    child.stdin.on('error', () => this.#fail('does not read'));
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text.slice(-MAX_SAID_CHARS)}`.slice(-MAX_SAID_CHARS);
    });
    child.once('exit', () => this.#events.onProcess(null));
    // Behind the last of its output.
    child.once('close', (code, signal) => this.#fail(`ended (${signal ?? `status ${code}`})`));
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new ServerFailure(`cannot be started (${codeOf(error)})`);
    }
    this.#events.onProcess(child.pid ?? null);
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (this.#over || stdin === undefined || stdin === null)
      return Promise.reject(new ServerFailure('has ended'));
    stdin.write(`${JSON.stringify(message)}\n`);
    if (stdin.writableLength > MAX_UNREAD_BYTES) this.#fail('does not read what it is sent');
    return Promise.resolve();
  }

  /** Resolves once the process has ended. */
  async close(): Promise<void> {
    this.#over = true;
    const child = this.#child;
    if (child !== null && isRunning(child)) {
      const ended = once(child, 'exit');
      const leaves = async (): Promise<boolean> => {
        const timeout = AbortSignal.timeout(LEAVE_MS);
        return Promise.race([
          ended.then(() => true),
          new Promise<false>((resolve) => timeout.addEventListener('abort', () => resolve(false))),
        ]);
      };
      child.stdin?.end();
      child.stdout?.removeAllListeners('data').resume();
      if (!(await leaves())) {
        killGroup(child.pid ?? 0, 'SIGTERM');
        if (!(await leaves())) killGroup(child.pid ?? 0, 'SIGKILL');
      }
      await ended;
    }
    this.onclose?.();
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    const lines = this.#splitter.push(chunk);
    if (lines === null) {
      this.#fail(`sends more than ${MAX_LINE_BYTES / 1024 / 1024} MiB in one message`);
      return;
    }
    for (const line of lines) {
      if (this.#over) return;
      if (!this.#flood.take(performance.now(), line.length)) {
        this.#fail('sends messages without end');
        return;
      }
      const message = parseMessage(line);
      // Lines that are no messages are what programs print by mistake.
      if (message !== null) this.onmessage?.(message);
    }
  }

  #fail(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.onFailure(new ServerFailure(reason));
    this.onclose?.();
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Null: it is no message. What is in it, the library looks into. */
const parseMessage = (line: Buffer): JSONRPCMessage | null => {
  try {
    const value: unknown = JSON.parse(line.toString());
    return typeof value === 'object' && value !== null ? (value as JSONRPCMessage) : null;
  } catch {
    return null;
  }
};
