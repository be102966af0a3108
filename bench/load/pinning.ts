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

/**
 * The first core for the server, the others for the clients.
 * @throws UsageError where this machine cannot do that
 */
export const pinApart = (cores: number = availableParallelism()): Pinning => {
  if (cores < 2) throw new UsageError('--pin needs two cores: one for the server and one for the clients.');
  if (spawnSync('taskset', ['--version']).status !== 0) {
    throw new UsageError(
      '--pin needs taskset(1), which is part of util-linux: install it, or leave --pin out.',
    );
  }
  return { server: '0', clients: cores === 2 ? '1' : `1-${cores - 1}`, clientCores: cores - 1 };
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
