/** What a scenario is: a way of using a server, and the figures that come of it. */
import type { Fleet } from './fleet.js';
import type { Counts } from './member.js';
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

export interface Parameters {
  readonly connections: number;
  /** How long it measures, once everything is set up. */
  readonly seconds: number;
  readonly heartbeatSeconds: number;
}

/** What happened in a while. */
export interface Window {
  readonly seconds: number;
  readonly before: Counts;
  readonly after: Counts;
  /** Processor time that the server took; null where its process is not known. */
  readonly serverSeconds: number | null;
}

/** A scenario's surroundings. */
export interface Bench {
  readonly parameters: Parameters;
  readonly target: Target;
  readonly fleet: Fleet;
  /** Says what is being done. */
  readonly progress: (sentence: string) => void;
  /** Grows the fleet, with progress. */
  readonly grow: (connections: number) => Promise<void>;
  /** Waits for so long, and looks at what everybody did meanwhile. */
  readonly watch: (seconds: number) => Promise<Window>;
}

export interface Scenario {
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly defaults: Parameters;
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}

/** A figure without a goal, unless one is given. */
export const figure = (name: string, value: number, unit: string, atMost: number | null = null): Figure => ({
  name,
  value,
  unit,
  goal: atMost === null ? null : { atMost },
});

/** A figure that has a goal: is it reached? */
export const reached = ({ value }: Figure, { atMost }: Goal): boolean => value <= atMost;
