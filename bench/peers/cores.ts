/** Which core the server gets and which the client, so that neither takes the other's turns. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cores {
  readonly server: number;
  readonly client: number;
}

/** A list of cores as Linux writes it, such as `0-3,8`. */
export const coresOf = (list: string): number[] =>
  list
    .split(',')
    .filter((part) => part.trim() !== '')
    .flatMap((part) => {
      const [from = Number.NaN, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    });

/** The first core and the next one that is no thread of the same; null where there are not two. */
export const chooseCores = (
  allowed: readonly number[],
  siblings: (core: number) => readonly number[],
): Cores | null => {
  const [server] = allowed;
  if (server === undefined) return null;
  const same = siblings(server);
  const client = allowed.find((core) => core !== server && !same.includes(core));
  return client === undefined ? null : { server, client };
};

/** Null where this machine cannot pin two processes to cores of their own. */
export const findCores = (): Cores | null => {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return chooseCores(coresOf(allowed ?? ''), siblingsOf);
};

const siblingsOf = (core: number): number[] => {
  try {
    return coresOf(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'));
  } catch {
    return [core];
  }
};

/** The command that runs `command` on one core. @param core null: on any */
export const pinned = (
  core: number | null,
  command: readonly [string, ...string[]],
): [string, ...string[]] =>
  core === null ? [...command] : ['taskset', '--cpu-list', String(core), ...command];
