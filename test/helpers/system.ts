/** What Linux tells about another process, and waiting for what only looking tells. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { descriptorLimit } from '../../server/ops/descriptors.js';

/** False where there is nothing to look at, otherwise a test's `skip`. */
export const NO_PROC: string | false = process.platform === 'linux' ? false : 'needs /proc of Linux';

/** What the gateway keeps back, and what a process needs for itself. */
const OWN_DESCRIPTORS = 512;
const LOOK_EVERY_MS = 25;
const PATIENCE_MS = 40_000;

/** A test's `skip`: false where this process and the gateway may each hold so many connections, from many loopback addresses. */
export const noCrowdOf = (connections: number): string | false => {
  if (NO_PROC !== false) return NO_PROC;
  const least = connections + OWN_DESCRIPTORS;
  return (descriptorLimit() ?? least) < least ? `needs ${least} descriptors` : false;
};

/** Resident memory of a process. */
export const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** Time that a process has had of the processors, in steps of 10 ms; all its threads. */
export const processorMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: state is the third field of proc(5), utime and stime 14 and 15.
  const [, , , , , , , , , , , utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * (Number(utime) + Number(stime));
};

/** Open descriptors of a process. */
export const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** `T` where a signal has stopped it, otherwise the letter of proc(5). */
export const processState = (pid: number): string | undefined =>
  /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

/** A port of loopback that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Looks again and again until it holds. Rejects where it does not come to hold. */
export const until = async (
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<void> => {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${patienceMs} ms`);
    await delay(LOOK_EVERY_MS);
  }
};

/**
 * Bytes that the kernel holds for the connections of a port of this machine, sent and not arrived or arrived and not
 * read (proc(5), /proc/net/tcp); always 0 where the system does not say.
 */
export const queuedBytes = (port: number): number => {
  let table: string;
  try {
    table = readFileSync('/proc/net/tcp', 'utf8');
  } catch {
    return 0;
  }
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let bytes = 0;
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    if (!local.endsWith(end) && !remote.endsWith(end)) continue;
    for (const queue of queues.split(':')) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
};
