/** The result files of the benchmarks, as far as the page reads them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

interface Measured {
  /** Of the gateway. */
  readonly version: string;
  readonly machine: Machine;
}

/** `npm run bench:peers`. */
export interface PeersFile extends Measured {
  readonly kind: 'peers';
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cores: { readonly server: number; readonly client: number } | null;
  readonly client: 'node' | 'bun';
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly loads: readonly {
    readonly connections: number;
    readonly depth: number;
    readonly servers: readonly {
      readonly name: string;
      readonly summary: string;
      readonly sameWork: boolean;
      readonly perSecond: Spread;
      readonly ratio: Spread;
      readonly micros: Spread | null;
      readonly processorRatio: Spread | null;
      readonly serverShare: number | null;
      readonly clientShare: number;
    }[];
    readonly goals: readonly {
      readonly name: string;
      readonly value: number;
      readonly by: string;
      readonly atLeast: number;
      readonly reached: boolean;
    }[];
  }[];
  readonly warnings: readonly string[];
}

export interface LoadFigure {
  readonly name: string;
  /** Null where there was nothing to measure. */
  readonly value: number | null;
  readonly unit: string;
  readonly goal: { readonly atMost?: number; readonly atLeast?: number } | null;
}

/** `npm run bench:load`: a scenario on a server. */
export interface LoadFile extends Measured {
  readonly scenario: string;
  readonly server: string;
  /** Of the scenario, such as `connections`, by the name of their option, with their unit. */
  readonly parameters: object;
  readonly processes?: number;
  readonly pinning?: { readonly server: string; readonly clients: string } | null;
  readonly figures: readonly LoadFigure[];
  readonly points?: readonly { readonly connections: number; readonly figures: readonly LoadFigure[] }[];
  readonly warnings: readonly string[];
  /** What it was measured against in the same run. */
  readonly against?: LoadFile;
}

/** `npm run bench:micro`. */
export interface MicroFile extends Measured {
  readonly kind: 'micro';
  readonly tables: readonly {
    readonly title: string;
    readonly command: string;
    readonly reference: string | null;
    readonly figures: readonly {
      readonly name: string;
      readonly value: number;
      readonly unit: string;
      readonly reference?: number;
    }[];
  }[];
}

export interface Results {
  readonly peers: readonly PeersFile[];
  readonly load: readonly LoadFile[];
  readonly micro: readonly MicroFile[];
}

/** Every `.json` of a folder, by name; none where there is no folder. @throws Error naming a file that is no result */
export const readResults = (folder: string): Results => {
  const peers: PeersFile[] = [];
  const load: LoadFile[] = [];
  const micro: MicroFile[] = [];
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const path = join(folder, name);
    const file = JSON.parse(readFileSync(path, 'utf8')) as PeersFile | MicroFile | LoadFile;
    if ('kind' in file && file.kind === 'peers') peers.push(file);
    else if ('kind' in file && file.kind === 'micro') micro.push(file);
    else if ('scenario' in file) load.push(file);
    else throw new Error(`${path} is no result of bench:peers, bench:load or bench:micro: remove it.`);
  }
  return { peers, load, micro };
};
