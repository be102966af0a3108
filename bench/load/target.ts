/** What is measured: a server in a process of its own, or one that is running already. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MEMORY_QUESTION, type Memory } from './messages.js';

/** This file runs from `dist/bench/load`. */
const DIST = join(import.meta.dirname, '../..');
const PROBE = pathToFileURL(join(import.meta.dirname, 'probe.js')).href;
const START_MS = 30_000;
const END_MS = 10_000;

export interface Target {
  readonly url: string;
  readonly token: string;
  /** Null where it is not on this machine, or nobody said which process it is. */
  readonly pid: number | null;
  /** Collects garbage first. Null where the server was not started here. */
  memory(): Promise<Memory | null>;
  /** Ends it where it was started here. */
  end(): Promise<void>;
}

/** Servers that can be started: the gateway, and bare uWebSockets.js beside it. */
export const SERVERS = ['gateway', 'raw'] as const;
export type ServerName = (typeof SERVERS)[number];

export interface StartOptions {
  readonly server: ServerName;
  readonly heartbeatSeconds: number;
  /** For Node.js, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
}

/** A running server. @param token the text of a token; a bare server takes any */
export const runningTarget = (url: string, token: string, pid: number | null): Target => ({
  url,
  token,
  pid,
  memory: async () => null,
  end: async () => {},
});

/** Starts a server with room for every connection. Rejects where it ends before it listens. */
export const startTarget = async (options: StartOptions): Promise<Target> => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-load-'));
  const { server, heartbeatSeconds, nodeFlags } = options;
  const program =
    server === 'gateway'
      ? [join(DIST, 'cli/main.js'), 'gateway', '--port', '0']
      : [join(DIST, 'bench/peers/raw.js'), String(heartbeatSeconds)];
  const child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, ...nodeFlags, ...program], {
    env: {
      PATH: process.env.PATH,
      OPENCLAW_HOME: home,
      OPENCLAW_METRICS__PORT: '0',
      OPENCLAW_GATEWAY__HEARTBEAT_INTERVAL: String(heartbeatSeconds),
      OPENCLAW_GATEWAY__MAX_CONNECTIONS: '1000000000',
      OPENCLAW_GATEWAY__MAX_CONNECTIONS_PER_IP: '0',
      OPENCLAW_GATEWAY__MAX_UNAUTHENTICATED: '0',
      OPENCLAW_GATEWAY__MAX_UNAUTHENTICATED_PER_IP: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const end = async (): Promise<void> => {
    await endProcess(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const url = await listening(child);
    const token = server === 'gateway' ? readFileSync(join(home, 'local-token'), 'utf8').trim() : 'any';
    return {
      url,
      token,
      pid: child.pid ?? null,
      memory: async () => {
        const answer = once(child, 'message');
        child.send(MEMORY_QUESTION);
        const [memory] = (await answer) as [Memory];
        return memory;
      },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
};

/** Where it listens, as it says on its standard output. */
const listening = async (child: ChildProcess): Promise<string> => {
  let said = '';
  const signal = AbortSignal.timeout(START_MS);
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /listens at (wss?:\/\/[^\s,]+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error('The server ended before it listened; it says why above.')));
    child.once('error', reject);
    signal.addEventListener('abort', () => reject(new Error('The server does not come to listen.')));
  });
};

const endProcess = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await exited;
  clearTimeout(timer);
};
