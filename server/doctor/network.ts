/** What the gateway listens on, and what it asks: whether the ports are free, and providers and MCP servers answer. */
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Config } from '../../schemas/config.js';
import { isLoopbackUrl } from '../../schemas/config-kinds.js';
import { baseUrlOf, type ProviderSettings } from '../backends/reasoning/settings.js';
import type { McpServerOptions } from '../backends/skills/server.js';
import { type Environment, readToken } from '../keys.js';
import { error, type Finding, ok, warning } from './finding.js';

const TIMEOUT_MS = 5000;

export const ports = async ({ gateway, metrics }: Config): Promise<readonly Finding[]> =>
  Promise.all([
    portOf('gateway.port', gateway.host, gateway.port),
    portOf('metrics.port', metrics.host, metrics.port),
  ]);

const portOf = async (key: string, host: string, port: number): Promise<Finding> => {
  const place = `${key}: ${host}:${port}`;
  const code = await listenOnce(host, port);
  if (code === null) return ok('ports', `${place} is free`);
  if (code === 'EADDRINUSE')
    return error('ports', `${place} is taken`, `end what listens there, or set ${key}`);
  if (code === 'EACCES') return error('ports', `${place} is not for this user`, `set ${key} to 1024 or more`);
  return error(
    'ports',
    `${place} cannot be listened on (${code})`,
    `set ${key.replace('port', 'host')} to an address of this machine`,
  );
};

/** The system's code of what is in the way; null: nothing. */
const listenOnce = (host: string, port: number): Promise<string | null> =>
  new Promise((settle) => {
    const server = createServer();
    server.once('error', (problem: NodeJS.ErrnoException) => settle(problem.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => settle(null)));
  });

/** Who may read the metrics. @throws KeyError where the token is not where it should be */
export const operators = ({ host, ...place }: Config['metrics'], env: Environment): Finding => {
  if (readToken('metrics', place, env) !== null) return ok('metrics', 'they are for who shows the token');
  const urlHost = host.includes(':') ? `[${host}]` : host;
  return isLoopbackUrl(new URL(`http://${urlHost}`))
    ? ok('metrics', `they are for whoever is on this machine (${host})`)
    : warning(
        'metrics',
        `they are for whoever reaches ${host}`,
        'set metrics.token_file or metrics.token_env',
      );
};

/** The status of an answer, or the system's word for why there is none. */
const statusOf = async (url: string, headers: Readonly<Record<string, string>>): Promise<number | string> => {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    await response.body?.cancel();
    return response.status;
  } catch (problem) {
    if (!(problem instanceof Error)) return 'unknown';
    if (problem.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
    const { code } = (problem.cause ?? problem) as NodeJS.ErrnoException;
    return typeof code === 'string' ? code : 'the connection failed';
  }
};

/** Asks for the list of its models, which costs nothing. */
export const provider = async (settings: ProviderSettings): Promise<Finding> => {
  const { section, kind, apiKey } = settings;
  const base = baseUrlOf(settings);
  const url = kind === 'anthropic' ? `${base}/v1/models` : `${base}/models`;
  const key = apiKey ?? '';
  const headers: Record<string, string> =
    kind === 'anthropic'
      ? { 'anthropic-version': '2023-06-01', 'x-api-key': key }
      : { authorization: `Bearer ${key}` };
  const place = `${section} at ${new URL(base).host}`;
  const status = await statusOf(url, apiKey === null ? {} : headers);
  if (typeof status === 'string') {
    return error(
      'providers',
      `${place} cannot be reached (${status})`,
      `check ${section}.base_url, and whether it runs`,
    );
  }
  if (status === 401 || status === 403) {
    return error('providers', `${place} refuses the key (${status})`, 'check the key, and what it may do');
  }
  if (status >= 500) return warning('providers', `${place} answers ${status}`, 'wait, or look after it');
  return ok('providers', `${place} answers`);
};

/** Whether its program is there, or its address answers; it is not started. */
export const mcpServer = async (
  { name, target }: McpServerOptions,
  path: string | undefined,
): Promise<Finding> => {
  const place = `skills.mcp.${name}`;
  if (target.kind === 'command') {
    if (isProgram(target.command, path)) return ok('MCP servers', `${place}: ${target.command} is there`);
    return error(
      'MCP servers',
      `${place}: ${target.command} is no program`,
      'install it, or give its whole path',
    );
  }
  const status = await statusOf(
    target.url,
    target.token === null ? {} : { authorization: `Bearer ${target.token}` },
  );
  if (typeof status === 'string') {
    return error(
      'MCP servers',
      `${place} cannot be reached (${status})`,
      `check ${place}.url, and whether it runs`,
    );
  }
  if (status === 401 || status === 403) {
    return error('MCP servers', `${place} refuses the token (${status})`, 'check the token');
  }
  return ok('MCP servers', `${place} answers`);
};

const isProgram = (command: string, path = ''): boolean => {
  const places =
    command.includes('/') || isAbsolute(command)
      ? [resolve(command)]
      : path.split(delimiter).map((dir) => join(dir, command));
  return places.some((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
};
