/** Starts the {@link PingTimes | neighbour} of a crowd, and learns what it has seen. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './gateway.js';
import type { PingTimes } from './ping-client.js';
import { until } from './system.js';

const PROGRAM = join(import.meta.dirname, 'ping-client.js');

export interface Neighbour {
  /** Lets it stop; what its pings took since it was started. Rejects where it was disturbed so that it ended. */
  stop(): Promise<PingTimes>;
}

/** Resolves once it is in and asks. */
export const startNeighbour = async (
  t: TestContext,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<Neighbour> => {
  const child = spawn(process.execPath, [PROGRAM, url, token], { stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(t, () => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  await until(() => said.includes('ready\n'), 'the neighbour');
  return {
    stop: async () => {
      child.stdin.end();
      await until(() => child.exitCode !== null && said.endsWith('}\n'), 'what the neighbour has seen');
      return JSON.parse(said.slice('ready\n'.length));
    },
  };
};
