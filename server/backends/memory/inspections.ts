/**
 * What goes through a whole database (counting, checking, backing up while others use it; rewriting while nobody does): each
 * on a thread and a connection of its own, so that neither the socket thread nor the memory's waits for it.
 */
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { removeDrafts } from './backup.js';
import { errorText } from './messages.js';
import { type BackupOutcome, type MemoryCheck, MemoryError, type MemoryStats } from './port.js';
import type { Restored } from './restore.js';
import type { Rewritten } from './rewrite.js';

/** One of them, with what its thread needs to know. */
export type Inspection = { readonly path: string } & (
  | { readonly kind: 'stats' }
  | { readonly kind: 'check'; readonly alone: boolean }
  | { readonly kind: 'vacuum' }
  | { readonly kind: 'restore'; readonly backup: string; readonly aside: string }
  | { readonly kind: 'backup'; readonly directory: string; readonly name: string; readonly replace: boolean }
);

/** From the thread, once; `error` is a sentence for the log. */
export type InspectionReport = { readonly value: unknown } | { readonly error: string };

/** Rows are read one by one: a small heap will do, and keeps the thread's memory low. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/** Where the backups of a database stand. */
const backupsOf = (databasePath: string): string => join(dirname(databasePath), 'backups');

/** Inspects the database at `path`, one inspection after another. But for {@link rewrite} and {@link restore}, leaves it as it is, whatever its version. */
export class Inspections {
  readonly #path: string;
  readonly #alone: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #worker: Worker | null = null;
  #closed = false;

  /** @param options.alone nobody else has the database open, nor will */
  constructor(path: string, options: { readonly alone: boolean }) {
    this.#path = path;
    this.#alone = options.alone;
  }

  stats(): Promise<MemoryStats> {
    return this.#run({ kind: 'stats', path: this.#path });
  }

  check(): Promise<MemoryCheck> {
    return this.#run({ kind: 'check', path: this.#path, alone: this.#alone });
  }

  backup(name: string, replace: boolean): Promise<BackupOutcome> {
    const directory = backupsOf(this.#path);
    return this.#run({ kind: 'backup', path: this.#path, directory, name, replace });
  }

  /** Only where nobody else has the database open. */
  rewrite(): Promise<Rewritten> {
    return this.#run({ kind: 'vacuum', path: this.#path });
  }

  /**
   * Only where nobody else has the database open, which need not be there. Rejects with MemoryError.
   * @param stamp tells what is replaced from what was replaced before
   */
  async restore(backup: string, stamp: string): Promise<Restored> {
    const aside = join(backupsOf(this.#path), `replaced-${stamp}`);
    const outcome = await this.#run<Restored | { refused: string }>({
      kind: 'restore',
      path: this.#path,
      backup,
      aside,
    });
    if ('refused' in outcome) throw new MemoryError(outcome.refused);
    return outcome;
  }

  /** Ends what is under way, which is rejected, and refuses what follows. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    await this.#last;
  }

  #run<T>(inspection: Inspection): Promise<T> {
    const result = this.#last.then(() => this.#begin(inspection) as Promise<T>);
    this.#last = result.catch(() => {});
    return result;
  }

  async #begin(inspection: Inspection): Promise<unknown> {
    if (this.#closed) throw new MemoryError('The memory is closed.');
    const worker = new Worker(new URL('./inspection-worker.js', import.meta.url), {
      name: `memory ${inspection.kind}`,
      workerData: inspection,
      resourceLimits: RESOURCE_LIMITS,
    });
    this.#worker = worker;
    try {
      const report = await new Promise<InspectionReport>((resolve) => {
        let said: InspectionReport | null = null;
        worker.on('message', (report: InspectionReport) => {
          said = report;
        });
        worker.on('error', (error) => {
          said = { error: errorText(error) };
        });
        // Not before it has let go of the files.
        worker.on('exit', () => {
          resolve(said ?? { error: this.#closed ? 'the memory is closed' : 'its thread ended' });
        });
      });
      if ('value' in report) return report.value;
      throw new MemoryError(`memory ${inspection.kind} failed: ${report.error}`);
    } finally {
      this.#worker = null;
      if (this.#closed && inspection.kind === 'backup') removeDrafts(inspection.directory);
    }
  }
}
