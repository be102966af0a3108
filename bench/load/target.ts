/** What is measured: a server in a process of its own, or one that is running already. */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { endProcess } from './child.js';
import type { Place } from './link.js';
import { MEMORY_QUESTION, type Memory } from './messages.js';
import { spawnNode } from './pinning.js';

/** This file runs from `dist/bench/load`. */
const DIST = join(import.meta.dirname, '../..');
const PROBE = pathToFileURL(join(import.meta.dirname, 'probe.js')).href;
const START_MS = 30_000;

export interface Target {
  readonly url: string;
  /** Of one principal each, or as many as there are to be had. */
  readonly tokens: readonly string[];
  /** It has channels. */
  readonly isGateway: boolean;
  /** It was started here, so that nothing needs to be tidied up. */
  readonly own: boolean;
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
  /** As taskset(1) names them; null: any. */
  readonly cores: string | null;
  readonly heartbeatSeconds: number;
  /** Socket threads of the gateway. */
  readonly workers: number;
  /** Between two tokens of the gateway's embedded engine. */
  readonly chunkDelayMs: number;
  /** Where the gateway's provider is; null: its embedded engine answers. */
  readonly provider: string | null;
  /** Principals of the gateway, each with a token. */
  readonly principals: number;
  /** What the bare server does; see `bench/peers/raw.ts`. */
  readonly rawMode: readonly string[];
  /** For Node.js, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
}

/** A running gateway. @param token the text of a token */
export const runningTarget = (url: string, token: string, pid: number | null): Target => ({
  url,
  tokens: [token],
  isGateway: true,
  own: false,
  pid,
  memory: async () => null,
  end: async () => {},
});

/** What a URL says about where to connect. */
export const placeOf = (url: string): Place => {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const secure = protocol === 'wss:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    path: `${pathname}${search}`,
    secure,
  };
};

/** The limits that are for strangers are off; those on every message count, but let it through. */
const gatewayEnvironment = ({
  heartbeatSeconds,
  workers,
  chunkDelayMs,
  provider,
}: StartOptions): NodeJS.ProcessEnv => ({
  OPENCLAW_METRICS__PORT: '0',
  OPENCLAW_GATEWAY__HEARTBEAT_INTERVAL: String(heartbeatSeconds),
  OPENCLAW_GATEWAY__WORKERS: String(workers),
  OPENCLAW_GATEWAY__DRAIN_SECONDS: '0',
  OPENCLAW_GATEWAY__MAX_CONNECTIONS: '1000000000',
  OPENCLAW_GATEWAY__MAX_CONNECTIONS_PER_IP: '0',
  OPENCLAW_GATEWAY__MAX_UNAUTHENTICATED: '0',
  OPENCLAW_GATEWAY__MAX_UNAUTHENTICATED_PER_IP: '0',
  OPENCLAW_GATEWAY__RATE_LIMIT__MESSAGES_PER_SECOND: '1000000000',
  OPENCLAW_GATEWAY__RATE_LIMIT__MESSAGES_PER_MINUTE: '1000000000',
  OPENCLAW_GATEWAY__RATE_LIMIT__BURST_SIZE: '1000000000',
  OPENCLAW_REASONING__MAX_STREAMS: '0',
  OPENCLAW_REASONING__MAX_STREAMS_PER_PRINCIPAL: '0',
  OPENCLAW_REASONING__EMBEDDED__CHUNK_DELAY_MS: String(chunkDelayMs),
  ...(provider === null
    ? {}
    : {
        OPENCLAW_REASONING__PROVIDER: 'openai-compatible',
        OPENCLAW_REASONING__MODEL: 'bench',
        OPENCLAW_REASONING__BASE_URL: provider,
      }),
});

/** Homes of servers that were started here and have not ended. */
const homes = new Set<string>();

/** Also for who ends at once, whatever the servers do. */
export const removeHomes = (): void => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
  homes.clear();
};

/** Starts a server with room for every connection. Rejects where it ends before it listens. */
export const startTarget = async (options: StartOptions): Promise<Target> => {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-load-'));
  homes.add(home);
  const { server, heartbeatSeconds, nodeFlags, rawMode } = options;
  const environment = { PATH: process.env.PATH, OPENCLAW_HOME: home, ...gatewayEnvironment(options) };
  const program =
    server === 'gateway'
      ? [join(DIST, 'cli/main.js'), 'gateway', '--port', '0']
      : [join(DIST, 'bench/peers/raw.js'), String(heartbeatSeconds), ...rawMode];
  const args = ['--expose-gc', '--import', PROBE, ...nodeFlags, ...program];
  let ending = false;
  const child = spawnNode(args, options.cores, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // What it says is worth reading until it is told to end.
  child.stderr?.on('data', (piece: Buffer) => {
    if (!ending) process.stderr.write(piece);
  });
  const end = async (): Promise<void> => {
    ending = true;
    await endProcess(child);
    removeHomes();
  };
  try {
    const url = await listening(child);
    const tokens = server === 'gateway' ? await makeTokens(home, environment, options.principals) : ['any'];
    return {
      url,
      tokens,
      isGateway: server === 'gateway',
      own: true,
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

/** The local principal's token, and those of as many others as are wanted. */
const makeTokens = async (home: string, env: NodeJS.ProcessEnv, principals: number): Promise<string[]> => {
  const tokens = [readFileSync(join(home, 'local-token'), 'utf8').trim()];
  for (let at = 1; at < principals; at += 1) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(DIST, 'cli/main.js'), 'token', 'create', '--name', `load-${at}`, '--principal', `load-${at}`],
      { env },
    );
    tokens.push(stdout.trim());
  }
  return tokens;
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
