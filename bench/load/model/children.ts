/** The processes beside a gateway that asks a model: the provider, and the SDK that asks it alone. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endProcess } from '../child.js';
import { spawnNode } from '../pinning.js';

/** How a provider replies. */
export interface ProviderPace {
  readonly tokensPerSecond: number;
  readonly wordBytes: number;
  /** Of one reply. */
  readonly replyTokens: number;
}

export interface Provider {
  readonly baseUrl: string;
  end(): Promise<void>;
}

export interface SdkCount {
  readonly tokens: number;
  readonly processorSeconds: number;
}

const start = (name: string, args: readonly string[], cores: string | null): ChildProcess =>
  spawnNode([join(import.meta.dirname, `${name}.js`), ...args], cores, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

/** Rejects where the process ends first. */
const messageOf = async <T>(child: ChildProcess): Promise<T> => {
  const signal = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: signal.signal }),
      once(child, 'exit', { signal: signal.signal }).then(() => {
        throw new Error('A process of the measurement has ended; it says why above.');
      }),
    ]);
    return message as T;
  } finally {
    signal.abort();
  }
};

export const startProvider = async (pace: ProviderPace, cores: string | null): Promise<Provider> => {
  const { tokensPerSecond, wordBytes, replyTokens } = pace;
  const child = start('provider', [tokensPerSecond, wordBytes, replyTokens].map(String), cores);
  const { url } = await messageOf<{ url: string }>(child);
  return { baseUrl: url, end: () => endProcess(child) };
};

/** What the SDK alone does in the time that `wait` takes, once `warmUp` is over. */
export const measureSdk = async (
  baseUrl: string,
  streams: number,
  { cores, warmUp, wait }: { cores: string | null; warmUp: () => Promise<void>; wait: () => Promise<void> },
): Promise<SdkCount> => {
  const child = start('sdk', [baseUrl, String(streams)], cores);
  const count = async (): Promise<SdkCount> => {
    const answer = messageOf<SdkCount>(child);
    child.send('count');
    return answer;
  };
  try {
    await warmUp();
    const before = await count();
    await wait();
    const after = await count();
    return {
      tokens: after.tokens - before.tokens,
      processorSeconds: after.processorSeconds - before.processorSeconds,
    };
  } finally {
    await endProcess(child);
  }
};
