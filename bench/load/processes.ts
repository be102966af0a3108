/** What Linux tells about a process (proc(5)): the processor time it took and the memory it holds. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every architecture that Node.js runs on; proc(5). */
const TICKS_PER_SECOND = 100;

/** False where there is no proc(5): then there are no figures of other processes. */
export const hasProc = process.platform === 'linux';

/** Processor time from the text of `/proc/PID/stat`: user and system, all threads, in seconds. */
export const processorSecondsOf = (stat: string): number => {
  // The command's name stands in parentheses and may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, fields 14 and 15; the first behind the name is field 3.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

/** Nanoseconds on a processor from the text of a thread's `/proc/PID/task/TID/schedstat`. */
export const threadSecondsOf = (schedstat: string): number => Number(schedstat.split(' ')[0]) / 1e9;

/** To the nanosecond as long as no thread of it has ended, and to 10 ms afterwards. */
export const processorSeconds = (pid: number): number =>
  Math.max(processorSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')), liveThreadsSeconds(pid));

const liveThreadsSeconds = (pid: number): number => {
  let seconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      seconds += threadSecondsOf(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
    } catch {
      // It has just ended, or this kernel does not count so finely: the coarse figure is there.
    }
  }
  return seconds;
};

/** Resident memory of a process. */
export const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** What all processors together did since the start of the machine from the text of `/proc/stat`: seconds not idle. */
export const busySecondsOf = (stat: string): number => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
};

export const busySeconds = (): number => busySecondsOf(readFileSync('/proc/stat', 'utf8'));

/** Open descriptors of a process. */
export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
