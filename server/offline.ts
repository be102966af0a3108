/**
 * The composition root of commands that look after a home's memory while no gateway runs there: the
 * operator's methods, answered by the database itself.
 */
import { existsSync } from 'node:fs';
import type { Params, Result } from '../schemas/methods.js';
import { Inspections } from './backends/memory/inspections.js';
import { MemoryError, type MemoryOperator, type MemoryPort } from './backends/memory/port.js';
import type { Restored } from './backends/memory/restore.js';
import { openSqliteMemory } from './backends/memory/sqlite.js';
import { HomeError } from './config/errors.js';
import { ensureHome, type Home } from './config/home.js';
import { holdLock } from './config/lock.js';
import {
  type OperatorMethod,
  type OperatorMethods,
  operatorMethods,
} from './core/memory/operator-methods.js';
import { Failure } from './core/rpc/failure.js';
import { systemClock } from './core/time/clock.js';

export type { OperatorMethod };

/** It cannot be done; the message is one sentence that says what to do. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
}

export interface OfflineMemory {
  /**
   * Answers as a running gateway would. `memory.stats`, `memory.check` and `memory.backup` leave the
   * database as it is, in whatever version; the others bring it to the current one first.
   *
   * @throws OfflineError
   */
  request<N extends OperatorMethod>(method: N, params: Params<N>): Promise<Result<N>>;
  /**
   * Puts a backup in the place of the database, which is kept beside it; an older version's is brought to the current one by the
   * next start.
   *
   * @param file as `memory.backup` makes it
   * @throws OfflineError; nothing has changed then
   */
  restore(file: string): Promise<Restored>;
  close(): Promise<void>;
}

/**
 * Takes the home for itself until it is closed.
 *
 * @throws OfflineError where a gateway has it
 */
export const openOfflineMemory = (home: Home): OfflineMemory => {
  const release = guarded(() => {
    ensureHome(home);
    return holdLock(
      home.gatewayLock,
      `A gateway or another command is at work in ${home.dir}: try again when it is up or done.`,
    );
  });
  const inspections = new Inspections(home.databaseFile, { alone: true });
  let opened: Promise<MemoryPort> | null = null;
  const open = (): Promise<MemoryPort> => {
    opened ??= openSqliteMemory({ path: home.databaseFile });
    return opened;
  };
  const memory: MemoryOperator = {
    stats: () => inspections.stats(),
    check: () => inspections.check(),
    backup: (name, replace) => inspections.backup(name, replace),
    exportLines: async (ask) => (await open()).exportLines(ask),
    importLines: async (lines, maxChannels) => (await open()).importLines(lines, maxChannels),
    vacuum: async (maxPages) => (await open()).vacuum(maxPages),
  };
  const asOfGateway = operatorMethods({
    memory,
    clock: systemClock,
    // What a crash left open is no damage: the next start of a gateway ends it.
    isRunning: async () => true,
    onImported: async () => {},
  });
  const methods: OperatorMethods = {
    ...asOfGateway,
    // Bit by bit is for where others wait meanwhile, and leaves gaps.
    'memory.vacuum': async () => {
      const { databaseBytes, freedBytes } = await inspections.rewrite();
      return { database_bytes: databaseBytes, freed_bytes: freedBytes };
    },
  };
  return {
    request: async (method, params) => {
      if (method !== 'memory.import' && !existsSync(home.databaseFile)) {
        throw new OfflineError(`There is no memory in ${home.dir} yet: a gateway makes it, or an import.`);
      }
      try {
        const answer = await methods[method](null, params);
        if (!(answer instanceof Failure)) return answer;
        throw new OfflineError(sentenceOf(answer));
      } catch (error) {
        throw error instanceof MemoryError ? new OfflineError(advised(error.message)) : error;
      }
    },
    restore: async (file) => {
      try {
        return await inspections.restore(file, stampOf(systemClock.wallMs()));
      } catch (error) {
        throw error instanceof MemoryError ? new OfflineError(error.message) : error;
      }
    },
    close: async () => {
      await inspections.close();
      await opened?.then((memory) => memory.close()).catch(() => {});
      release();
    },
  };
};

const guarded = <T>(action: () => T): T => {
  try {
    return action();
  } catch (error) {
    throw error instanceof HomeError ? new OfflineError(error.message) : error;
  }
};

/** `20260320-101523-123`, in UTC: as a part of a file's name. */
const stampOf = (wallMs: number): string =>
  new Date(wallMs).toISOString().replace(/[-:Z]/g, '').replace(/[T.]/g, '-');

/** What cannot be opened says what to do by itself. */
const advised = (problem: string): string =>
  problem.endsWith('.') ? problem : `${problem}: \`openclaw memory check\` looks for damage.`;

const sentenceOf = ({ message, data }: Failure): string => {
  const { reason } = (data ?? {}) as { readonly reason?: string };
  return reason === undefined ? `${message}.` : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
};
