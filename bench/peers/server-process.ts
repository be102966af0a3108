/** A server in a process of its own, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from '../load/child.js';
import { pinned } from './cores.js';
import { GATEWAY, type Peer } from './servers.js';

const START_MS = 30_000;
/** What rivals let in; a gateway makes its own. */
const RIVAL_TOKEN = 'oc_bench_0123456789abcdef0123456789abcdef';
/** So high that nobody runs into it, while every message is counted all the same. */
const UNREACHED = '1000000000';

export interface RunningServer {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** How a server or its client is started. */
export interface StartOptions {
  /** Null: any. */
  readonly core: number | null;
  /** The program that runs JavaScript. */
  readonly runtime: string;
  readonly signal: AbortSignal;
}

/** Rejects with what the server said where it ends before it listens. */
export const startServer = async (peer: Peer, options: StartOptions): Promise<RunningServer> => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-peers-'));
  const [command, ...args] = pinned(options.core, [options.runtime, ...peer.program]);
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      NODE_ENV: 'production',
      PEER_TOKEN: RIVAL_TOKEN,
      OPENCLAW_HOME: home,
      OPENCLAW_METRICS__PORT: '0',
      OPENCLAW_GATEWAY__MAX_CONNECTIONS_PER_IP: UNREACHED,
      OPENCLAW_GATEWAY__RATE_LIMIT__MESSAGES_PER_SECOND: UNREACHED,
      OPENCLAW_GATEWAY__RATE_LIMIT__MESSAGES_PER_MINUTE: UNREACHED,
      OPENCLAW_GATEWAY__RATE_LIMIT__BURST_SIZE: UNREACHED,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
  });
  const end = async (): Promise<void> => {
    await endProcess(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const url = await listening(child, peer.name);
    const token =
      peer.name === GATEWAY ? readFileSync(join(home, 'local-token'), 'utf8').trim() : RIVAL_TOKEN;
    return { url, token, pid: child.pid as number, end };
  } catch (error) {
    await end();
    throw error;
  }
};

/** Where it listens, as it says on its standard output. */
const listening = (child: ChildProcess, name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`${name} does not come to listen.\n${said}`)), START_MS);
    const hear = (text: string): void => {
      // It goes on talking once it listens; then nobody keeps it.
      if (said.length < 65_536) said += text;
      const url = /listens at (ws:\/\/[^\s,]+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`${name} ended before it listened.\n${said}`));
    });
  });
