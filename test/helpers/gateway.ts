/** A real gateway on a free port with a home of its own, gone when the test is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Home, resolveHome } from '../../server/config/home.js';
import { loadConfig } from '../../server/config/load.js';
import type { Clock } from '../../server/core/time/clock.js';
import { type Gateway, startGateway } from '../../server/gateway.js';
import { createLog, type Log } from '../../server/ops/log.js';
import { Client } from './client.js';

export interface GatewayUnderTest {
  readonly gateway: Gateway;
  readonly url: string;
  readonly port: number;
  readonly home: Home;
  /** The token of the first start: principal `local`, every scope. */
  readonly token: string;
  /** A connection that is open and not authenticated. */
  connect(headers?: Record<string, string>): Promise<Client>;
  /** A connection that has authenticated, as `local` unless another token is given. */
  login(params?: Record<string, unknown>): Promise<Client>;
  /** Ends the gateway and starts another one in the same home. The port changes. */
  restart(): Promise<GatewayUnderTest>;
}

export interface TestGatewayOptions {
  /** TOML text of the configuration file. */
  readonly config?: string;
  readonly debug?: boolean;
  /** Of an earlier gateway. */
  readonly homeDir?: string;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Of a built web UI, instead of the one beside the gateway. */
  readonly webFolder?: string;
  /** Environment variables besides `OPENCLAW_HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags by dotted key, besides the ports, which are `0` unless they are given. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** `gateway.workers` of every gateway under test that does not say another number itself. */
export const TEST_WORKERS = process.env.OPENCLAW_TEST_WORKERS ?? '1';

const endings = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs a step after the test, before all that were named earlier: what was made last goes first. */
export const atEnd = (t: TestContext, step: () => unknown): void => {
  const known = endings.get(t);
  if (known !== undefined) {
    known.push(step);
    return;
  }
  const steps = [step];
  endings.set(t, steps);
  t.after(async () => {
    for (const each of steps.reverse()) await each();
  });
};

/** A folder that is removed after the test. */
export const temporaryFolder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  atEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

/** Starts a gateway; it is closed when the test ends, without waiting for its streams. */
export const startTestGateway = async (
  t: TestContext,
  options: TestGatewayOptions = {},
): Promise<GatewayUnderTest> => {
  const dir = options.homeDir ?? temporaryFolder(t);
  const env = { ...options.env, OPENCLAW_HOME: dir };
  const home = resolveHome(env);
  if (options.config !== undefined) writeFileSync(home.configFile, options.config, { mode: 0o600 });
  const load = () =>
    loadConfig({
      home,
      env,
      flags: { 'gateway.port': '0', 'metrics.port': '0', 'gateway.workers': TEST_WORKERS, ...options.flags },
    }).config;
  const gateway = await startGateway({
    config: load(),
    home,
    debug: options.debug ?? false,
    loadConfig: load,
    log: options.log ?? createLog('error', process.stderr),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.webFolder === undefined ? {} : { webFolder: options.webFolder }),
  });
  const stop = async (): Promise<void> => {
    const drained = gateway.close();
    void gateway.close();
    await drained;
  };
  atEnd(t, stop);
  const token = readFileSync(home.localTokenFile, 'utf8').trim();
  const connect = async (headers: Record<string, string> = {}): Promise<Client> => {
    const client = new Client(gateway.url, headers);
    atEnd(t, () => client.terminate());
    await client.opened;
    return client;
  };
  return {
    gateway,
    url: gateway.url,
    port: gateway.port,
    home,
    token,
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
    restart: async () => {
      await stop();
      const { config: _written, ...rest } = options;
      return startTestGateway(t, { ...rest, homeDir: dir });
    },
  };
};
