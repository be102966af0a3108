/** The composition root of `openclaw doctor`: everything that is looked at before a gateway starts, or beside one that runs. */
import { existsSync } from 'node:fs';
import type { Config } from '../schemas/config.js';
import { ConfigError, HomeError } from './config/errors.js';
import { readGatewayFile } from './config/gateway-file.js';
import type { Home } from './config/home.js';
import { loadConfig } from './config/load.js';
import { holdLock } from './config/lock.js';
import { certificate, fileModes, store, tokens } from './doctor/files.js';
import { type Finding, fromSentence, ok } from './doctor/finding.js';
import { mcpServer, operators, ports, provider } from './doctor/network.js';
import { descriptors, kernel } from './doctor/system.js';
import { type Environment, KeyError } from './keys.js';
import { PromptError, reasoningSettings } from './reasoning.js';
import { mcpServers, SkillsError } from './skills.js';

export type { Finding };

export interface DoctorOptions {
  readonly home: Home;
  readonly env: Environment;
  /** The configuration's, where it is another one than the home's. */
  readonly file: string | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Gives what it finds as it finds it. Changes nothing. */
export async function* examine({ home, env, file, nowMs }: DoctorOptions): AsyncGenerator<Finding> {
  let config: Config | null = null;
  try {
    const loaded = loadConfig({ home, env, file });
    config = loaded.config;
    yield ok(
      'configuration',
      loaded.fileExists ? `${loaded.file} is valid` : 'there is no file; the defaults hold',
    );
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem;
    for (const sentence of problem.problems) yield fromSentence('configuration', sentence);
  }
  yield* fileModes(home, file ?? home.configFile, config === null ? [] : keyFilesOf(config));
  yield* tokens(home, nowMs);

  const release = lockOf(home);
  try {
    const running = release === null ? readGatewayFile(home.gatewayFile) : null;
    if (release === null) {
      yield ok(
        'ports',
        running === null
          ? 'a gateway is at work here'
          : `a gateway (process ${running.pid}) listens at ${running.url}`,
      );
    } else if (config !== null) yield* await ports(config);
    yield* await store(home, release !== null);
  } finally {
    release?.();
  }
  if (config === null) return;

  yield* certificate(config, nowMs);
  yield* await asked('metrics', async () => [operators(config.metrics, env)]);
  yield* await asked('providers', async () => {
    const { providers } = reasoningSettings(config, env);
    if (providers.length === 0) return [ok('providers', 'none is configured')];
    return Promise.all(providers.map(provider));
  });
  yield* await asked('MCP servers', async () => {
    const servers = mcpServers(config, env);
    if (servers.length === 0) return [ok('MCP servers', 'none is configured')];
    return Promise.all(servers.map((server) => mcpServer(server, env.PATH)));
  });
  yield descriptors(config.gateway.max_connections);
  yield* kernel(config.gateway.max_connections);
}

/** A key, a prompt or a token that is not where the configuration says is a finding. */
const asked = async (check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
  try {
    return await look();
  } catch (problem) {
    const isTold = [KeyError, PromptError, SkillsError].some((kind) => problem instanceof kind);
    if (isTold) return [fromSentence(check, (problem as Error).message)];
    throw problem;
  }
};

/** What gives the home back; null where a gateway, or a command that changes the store, has it. */
const lockOf = (home: Home): (() => void) | null => {
  // Without a home there is nobody in it, and none is made for this.
  if (!existsSync(home.dir)) return () => {};
  try {
    return holdLock(home.gatewayLock, '');
  } catch (problem) {
    if (problem instanceof HomeError) return null;
    throw problem;
  }
};

const keyFilesOf = ({ gateway: { tls }, reasoning, memory, metrics, skills }: Config): readonly string[] =>
  [
    tls.enabled ? tls.key_path : '',
    reasoning.api_key_file,
    reasoning.fallback.first.api_key_file,
    reasoning.fallback.second.api_key_file,
    memory.embeddings.api_key_file,
    metrics.token_file,
    ...Object.values(skills.mcp).map((server) => server.token_file),
  ].filter((path) => path !== '');
