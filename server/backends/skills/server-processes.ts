/**
 * `skill-processes.json`: the programs of MCP servers that run. A gateway that is killed ends none of them, and one that
 * does not look at its input outlives it; the next start ends what the file names and still is what it was (Linux).
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { killGroup } from './stdio.js';

interface Recorded {
  readonly pid: number;
  /** Of this start of the machine. */
  readonly boot: string;
  /** In the kernel's ticks since then: a number that is used again has another. */
  readonly startTicks: string;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Null: there is no such process, it leads no group, or the system has no `/proc` (proc_pid_stat(5)). */
const startTicksOf = (pid: number, stat: string): string | null => {
  // Its name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, , group] = fields;
  return Number(group) === pid ? (fields[19] ?? null) : null;
};

const isRecorded = (value: unknown): value is Recorded => {
  const { pid, boot, startTicks } = (value ?? {}) as Partial<Record<keyof Recorded, unknown>>;
  return (
    Number.isSafeInteger(pid) && Number(pid) > 1 && typeof boot === 'string' && typeof startTicks === 'string'
  );
};

export class ServerProcesses {
  readonly #path: string;
  readonly #running = new Map<string, Recorded>();
  /** Writes go one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Ends what a gateway that was killed has left, for the start: how many groups. Never throws. */
  endLeftovers(): number {
    try {
      const boot = readFileSync(BOOT_ID, 'utf8');
      const recorded: unknown = JSON.parse(readOwn(this.#path));
      const left = (Array.isArray(recorded) ? recorded.filter(isRecorded) : []).filter(
        (each) => each.boot === boot && each.startTicks === currentStartTicks(each.pid),
      );
      for (const { pid } of left) killGroup(pid, 'SIGKILL');
      return left.length;
    } catch {
      // None was left, or nothing can be known of them.
      return 0;
    }
  }

  /** A server's process runs; null: no longer. Without `/proc` nothing is written. */
  changed(server: string, pid: number | null): void {
    this.#turn = this.#turn
      .then(async () => {
        const recorded = pid === null ? null : await recordOf(pid);
        if (recorded !== null) this.#running.set(server, recorded);
        else if (!this.#running.delete(server)) return;
        await this.#write();
      })
      // What is not written is not ended at the next start, and that is all.
      .catch(() => {});
  }

  /** Resolves once everything is written. */
  settled(): Promise<void> {
    return this.#turn;
  }

  async #write(): Promise<void> {
    if (this.#running.size === 0) {
      await rm(this.#path, { force: true });
      return;
    }
    // A loss of power ends the processes as well: nothing needs to be flushed.
    const draft = `${this.#path}.${randomBytes(6).toString('hex')}.tmp`;
    const text = `${JSON.stringify([...this.#running.values()])}\n`;
    try {
      // In a home that is open to a group, somebody may have put a link where it is to be.
      await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
      await rename(draft, this.#path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

/**
 * What nobody but this user can have written, for it names what is killed.
 *
 * @throws where it is not there, or may be somebody else's
 */
const readOwn = (path: string): string => {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || (stats.mode & 0o022) !== 0) {
      throw new Error(`${path} may be somebody else's`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
};

const recordOf = async (pid: number): Promise<Recorded | null> => {
  const [boot, stat] = await Promise.all([
    readFile(BOOT_ID, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]).catch(() => [null, null]);
  const startTicks = stat === null ? null : startTicksOf(pid, stat);
  return boot === null || startTicks === null ? null : { pid, boot, startTicks };
};

const currentStartTicks = (pid: number): string | null => {
  try {
    return startTicksOf(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
};
