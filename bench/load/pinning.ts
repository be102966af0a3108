/** Processes of their own for server and generators, each on the cores it is given. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { UsageError } from './usage-error.js';

/** Which cores, as taskset(1) names them: `0`, `1-3`. */
export interface Pinning {
  readonly server: string;
  readonly clients: string;
  readonly clientCores: number;
}

const range = (from: number, to: number): string => (from === to ? String(from) : `${from}-${to}`);

/**
 * The first core for the server, or one for each of its threads that has sockets and one for the core of it; the
 * others for the clients.
 * @throws UsageError where this machine cannot do that
 */
export const pinApart = (workers: number, cores: number = availableParallelism()): Pinning => {
  const serverCores = workers === 1 ? 1 : workers + 1;
  if (cores <= serverCores) {
    throw new UsageError(
      `--pin needs ${serverCores + 1} cores here, ${serverCores} for the server and one for the clients: this machine has ${cores}.`,
    );
  }
  if (spawnSync('taskset', ['--version']).status !== 0) {
    throw new UsageError(
      '--pin needs taskset(1), which is part of util-linux: install it, or leave --pin out.',
    );
  }
  return {
    server: range(0, serverCores - 1),
    clients: range(serverCores, cores - 1),
    clientCores: cores - serverCores,
  };
};

/**
 * Starts a Node.js program in a process group of its own: Ctrl+C reaches who drives it, who then ends it.
 * @param cores null: whichever the system likes
 */
export const spawnNode = (
  args: readonly string[],
  cores: string | null,
  options: SpawnOptions,
): ChildProcess => {
  const command = cores === null ? [process.execPath] : ['taskset', '-c', cores, process.execPath];
  return spawn(command[0] as string, [...command.slice(1), ...args], { ...options, detached: true });
};
