/** What a scenario is: a way of using a server, and the figures that come of it. */
import type { ChannelsByToken, Fleet } from './fleet.js';
import type { ProviderPace } from './model/children.js';
import type { ParameterName } from './parameters.js';
import type { Snapshot } from './tally.js';
import type { Target } from './target.js';

/** A goal that a figure either reaches or misses. */
export interface Goal {
  readonly atMost: number;
}

export interface Figure {
  /** What was measured, as a phrase. */
  readonly name: string;
  readonly value: number;
  /** Such as `B`, `µs`, `%`, `/s`; empty for a count. */
  readonly unit: string;
  readonly goal: Goal | null;
}

/** What happened in a while. */
export interface Window {
  readonly seconds: number;
  /** What came in it. */
  readonly seen: Snapshot;
  /** Connections open at its end. */
  readonly open: number;
  /** Processor time that the server took; null where its process is not known. */
  readonly serverSeconds: number | null;
}

/** A scenario's surroundings. */
export interface Bench<P extends ParameterName> {
  readonly parameters: Readonly<Record<P, number>>;
  /** Sizes to grow through, where they were given. */
  readonly sizes: readonly number[] | null;
  readonly target: Target;
  /** Where the provider is that the server was started with; null: there is none. */
  readonly provider: string | null;
  /** As taskset(1) names them, where the server has its own; null: any. */
  readonly serverCores: string | null;
  readonly fleet: Fleet;
  /** Somebody wants it to end: there will be no more windows. */
  readonly interrupted: () => boolean;
  /** Says what is being done. */
  readonly progress: (sentence: string) => void;
  /** Grows the fleet, with progress. */
  readonly grow: (connections: number) => Promise<void>;
  /** Makes a channel, or `each`, for each of so many connections to come; none where the server knows none. */
  readonly channels: (connections: number, each?: number) => Promise<ChannelsByToken>;
  /** Waits, and looks at nothing. */
  readonly settle: (seconds: number) => Promise<void>;
  /** Waits for so long, and looks at what everybody did meanwhile. */
  readonly watch: (seconds: number) => Promise<Window>;
  /** Looks at what everybody did while something was done. */
  readonly watchWhile: (work: () => Promise<void>) => Promise<Window>;
  /** What came out at one size of many. */
  readonly point: (connections: number, figures: readonly Figure[]) => void;
  readonly samples: () => readonly Sample[];
}

/** A second, more or less, of a watch. */
export interface Sample {
  /** Since the first watch began. */
  readonly atSeconds: number;
  readonly open: number;
  readonly repliesPerSecond: number;
  readonly chunksPerSecond: number;
  readonly joinsPerSecond: number;
  /** Of a core; null where the server's process is not known. */
  readonly serverShare: number | null;
  readonly clientsShare: number;
  readonly residentBytes: number | null;
  readonly descriptors: number | null;
}

/** What is started for it. */
export interface Needs {
  /** Connections open at a time, at most. */
  readonly connections: number;
  /** Principals that its connections speak for, where they can be made. */
  readonly principals: number;
  /** The pace of the embedded engine. */
  readonly chunkDelayMs: number;
  /** The provider of models that the gateway asks; null: its embedded engine answers. */
  readonly provider: ProviderPace | null;
  /** The mode of the bare server (`bench/peers/raw.ts`) that does the same; null: there is none. */
  readonly raw: readonly string[] | null;
}

export interface Scenario {
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  /** What it measures and how, for its help. */
  readonly help: string;
  /** The parameters that it takes; those of every gateway among them. */
  readonly defaults: Readonly<Partial<Record<ParameterName, number>>>;
  /** It can go through sizes that grow. */
  readonly grows: boolean;
  readonly needs: (parameters: Readonly<Record<ParameterName, number>>) => Needs;
  readonly run: (bench: Bench<ParameterName>) => Promise<readonly Figure[]>;
}

interface ScenarioOf<P extends ParameterName> {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly defaults: Readonly<Record<P, number>>;
  readonly grows?: boolean;
  // Its defaults alone say which parameters it takes.
  readonly needs: (
    parameters: Readonly<Record<NoInfer<P>, number>>,
  ) => Partial<Needs> & Pick<Needs, 'connections'>;
  readonly run: (bench: Bench<NoInfer<P>>) => Promise<readonly Figure[]>;
}

/** A scenario that sees the parameters it takes and no others. */
export const scenario = <P extends ParameterName>(given: ScenarioOf<P>): Scenario => ({
  ...given,
  grows: given.grows ?? false,
  defaults: { workers: 1, ...given.defaults } as Scenario['defaults'],
  needs: (parameters) => ({
    principals: 1,
    chunkDelayMs: 0,
    provider: null,
    raw: null,
    ...given.needs(parameters),
  }),
});

/** A figure without a goal, unless one is given. */
export const figure = (name: string, value: number, unit: string, atMost: number | null = null): Figure => ({
  name,
  value,
  unit,
  goal: atMost === null ? null : { atMost },
});

/** A figure that has a goal: is it reached? */
export const reached = ({ value }: Figure, { atMost }: Goal): boolean => value <= atMost;
