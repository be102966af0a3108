/** A gateway in a process of its own, which can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resolveHome } from '../../server/config/home.js';
import { Client } from './client.js';

export interface GatewayProcess {
  /** A connection that has authenticated as `local`. */
  login(): Promise<Client>;
  /** Ends the process without giving it a chance to tidy up; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one in `homeDir`, which must exist; it is killed when the test ends. */
export const startGatewayProcess = async (
  t: TestContext,
  options: { readonly homeDir: string; readonly config: string },
): Promise<GatewayProcess> => {
  const home = resolveHome({ OPENCLAW_HOME: options.homeDir });
  writeFileSync(home.configFile, options.config, { mode: 0o600 });
  const program = fileURLToPath(new URL('./gateway-program.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, OPENCLAW_HOME: options.homeDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const started = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const failed = exited.then(([code]) => {
    throw new Error(`the gateway's process ended with ${code} before it had started`);
  });
  failed.catch(() => {});
  const [url] = await Promise.race([started, failed]);
  const token = readFileSync(home.localTokenFile, 'utf8').trim();
  return {
    kill,
    login: async () => {
      const client = new Client(url);
      t.after(() => client.terminate());
      await client.opened;
      client.handshake = await client.call('auth.handshake', {
        client_id: 'test-client',
        client_version: '0.9.4',
        token,
      });
      return client;
    },
  };
};
