/** The result of a run, as it is written and read as JSON. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { VERSION } from '../../schemas/version.js';
import type { SparseHistogram } from './histogram.js';
import type { ParameterName } from './parameters.js';
import type { Figure, Sample } from './scenario.js';
import type { Times } from './tally.js';
import { UsageError } from './usage-error.js';

/** Where it ran. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

/** What came out at one number of connections. */
export interface Point {
  readonly connections: number;
  readonly figures: readonly Figure[];
}

/** How long something took, over all of the run. */
export interface Distribution extends SparseHistogram {
  readonly name: string;
}

export interface Result {
  readonly format: 1;
  readonly scenario: string;
  /** `gateway`, `raw`, or a URL. */
  readonly server: string;
  /** Of the program that measured, and of the gateway where it started that. */
  readonly version: string;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly parameters: Readonly<Partial<Record<ParameterName, number>>>;
  /** Of clients. */
  readonly processes: number;
  /** The cores that server and clients had to themselves; null: any. */
  readonly pinning: { readonly server: string; readonly clients: string } | null;
  readonly figures: readonly Figure[];
  readonly points: readonly Point[];
  readonly samples: readonly Sample[];
  readonly distributions: readonly Distribution[];
  /** Connections lost, refusals and wrong answers, by what they were. */
  readonly troubles: Readonly<Times>;
  /** What makes the figures worth less. */
  readonly warnings: readonly string[];
  /** What it was measured against in the same run. */
  readonly against?: Result;
}

export const VERSION_MEASURED = VERSION;

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()} ${process.arch}`,
  node: process.version,
});

/** @throws UsageError where the file holds no result */
export const readResult = (path: string): Result => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`${path} cannot be read: name a file that --json wrote.`);
  }
  try {
    const result = JSON.parse(text) as Result | null;
    if (result?.format === 1 && Array.isArray(result.figures)) return result;
  } catch {
    // Told below, like every other text that is no result.
  }
  throw new UsageError(`${path} holds no result of this program: name a file that --json wrote.`);
};
