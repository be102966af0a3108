/** How `openclaw memory` gets at the memory: through the gateway that runs, else at the home's database itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Gateway, GatewayError } from '../client/node.js';
import { ERRORS } from '../schemas/codes.js';
import type { Params, Result } from '../schemas/methods.js';
import { readGatewayFile } from '../server/config/gateway-file.js';
import { resolveHome } from '../server/config/home.js';
import type { OperatorMethod } from '../server/offline.js';
import { withClient } from './connection.js';
import { CliError, type Io } from './io.js';
import type { Show } from './progress.js';
import { connectableUrl, sameUrl, type TargetOptions } from './target.js';

export interface MemoryAccess {
  request<N extends OperatorMethod>(method: N, params: Params<N>): Promise<Result<N>>;
  /** Whether the memory's files are files of this machine, in the home that commands use. */
  readonly local: boolean;
  /** The largest request; infinite where there is nobody to refuse one. */
  readonly maxRequestBytes: number;
}

/**
 * Runs `action` with the memory of `--url` or OPENCLAW_URL, of the gateway that runs in this home, or, where
 * none does, of the home itself, which no gateway can start in meanwhile.
 *
 * @throws CliError
 */
export const withMemory = async <T>(
  options: TargetOptions,
  io: Io,
  show: Show,
  action: (access: MemoryAccess) => Promise<T>,
): Promise<T> => {
  const home = resolveHome(io.env);
  const running = readGatewayFile(home.gatewayFile);
  const named = options.url ?? (io.env.OPENCLAW_URL || undefined);
  if (named !== undefined || running !== null) {
    return withClient(options, io, (client) =>
      action({
        request: patiently(client, show),
        local: named === undefined || (running !== null && sameUrl(named, connectableUrl(running.url))),
        maxRequestBytes: client.session.limits.max_message_bytes,
      }),
    );
  }
  // Loaded only here: it brings the database along.
  const { openOfflineMemory, OfflineError } = await import('../server/offline.js');
  try {
    const memory = openOfflineMemory(home);
    try {
      return await action({
        request: (method, params) => memory.request(method, params),
        local: true,
        maxRequestBytes: Number.POSITIVE_INFINITY,
      });
    } finally {
      await memory.close();
    }
  } catch (error) {
    throw error instanceof OfflineError ? new CliError(error.message) : error;
  }
};

/** As `openclaw memory restore --json` prints it. */
export interface RestoredHome {
  /** Of the database. */
  readonly path: string;
  readonly channels: number;
  readonly messages: number;
  readonly bytes: number;
  readonly schema_version: number;
  /** The directory that has what was there before; null: there was nothing. */
  readonly replaced: string | null;
}

/**
 * Puts a backup in the place of the home's database, in which no gateway can start meanwhile.
 *
 * @throws CliError
 */
export const restoreHome = async (file: string, { env }: Io): Promise<RestoredHome> => {
  const home = resolveHome(env);
  if (env.OPENCLAW_URL) {
    throw new CliError(
      'A backup is restored on the machine of its gateway, where the home is: run the command there, without OPENCLAW_URL.',
      2,
    );
  }
  if (readGatewayFile(home.gatewayFile) !== null) {
    throw new CliError(`A gateway runs in ${home.dir}: stop it, restore the backup, and start it again.`);
  }
  const { openOfflineMemory, OfflineError } = await import('../server/offline.js');
  try {
    const memory = openOfflineMemory(home);
    try {
      const { schemaVersion, ...restored } = await memory.restore(file);
      return { path: home.databaseFile, ...restored, schema_version: schemaVersion };
    } finally {
      await memory.close();
    }
  } catch (error) {
    throw error instanceof OfflineError ? new CliError(error.message) : error;
  }
};

/** Keeps to the gateway's rate limit, and waits where it is refused all the same. */
const patiently = (client: Gateway, show: Show): MemoryAccess['request'] => {
  const { messages_per_second, burst_size } = client.session.limits;
  let sent = 0;
  return async (method, params) => {
    for (;;) {
      sent += 1;
      if (sent >= burst_size) await delay(1000 / messages_per_second);
      try {
        return (await client.request(method, params)) as Result<typeof method>;
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== ERRORS.rateLimited.code) throw error;
        show('Waiting for the gateway’s rate limit');
        await delay(Number(error.data?.retry_after_ms) || 1000);
      }
    }
  };
};
