/** A gateway in a process of its own, which can be killed. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { resolveHome } from '../../server/config/home.js';
import { Client } from './client.js';
import { GatewayProcess, type SpawnOptions } from './process.js';

export interface KillableGateway {
  readonly process: GatewayProcess;
  readonly port: number;
  readonly url: string;
  /** The token of the first start. */
  readonly token: string;
  /** A connection that is open and not authenticated. */
  connect(): Promise<Client>;
  /** A connection that has authenticated, as `local` unless another token is given. */
  login(params?: Record<string, unknown>): Promise<Client>;
  /** Ends the process without giving it a chance to tidy up; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one in `homeDir`, which must exist; it is killed when the test ends. */
export const startGatewayProcess = async (
  t: TestContext,
  options: SpawnOptions & { readonly config: string },
): Promise<KillableGateway> => {
  const home = resolveHome({ OPENCLAW_HOME: options.homeDir });
  writeFileSync(home.configFile, options.config, { mode: 0o600 });
  const gateway = new GatewayProcess(t, options);
  const port = await gateway.port();
  const url = `ws://127.0.0.1:${port}`;
  const token = readFileSync(home.localTokenFile, 'utf8').trim();
  const connect = async (): Promise<Client> => {
    const client = new Client(url);
    t.after(() => client.terminate());
    await client.opened;
    return client;
  };
  return {
    process: gateway,
    port,
    url,
    token,
    kill: async () => {
      gateway.child.kill('SIGKILL');
      await gateway.exited;
    },
    connect,
    login: async (params = {}) => {
      const client = await connect();
      client.handshake = await client.call('auth.handshake', {
        client_id: 'test-client',
        client_version: '0.9.4',
        token,
        ...params,
      });
      return client;
    },
  };
};
