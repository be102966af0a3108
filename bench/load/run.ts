/** Runs one scenario on one server. */
import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS } from '../../schemas/codes.js';
import { Channels } from './channels.js';
import { Fleet } from './fleet.js';
import { type Provider, startProvider } from './model/children.js';
import type { LoadOptions } from './options.js';
import { PARAMETER_NAMES, parameterInfo } from './parameters.js';
import type { Progress } from './progress.js';
import { type Distribution, describeMachine, type Point, type Result, VERSION_MEASURED } from './result.js';
import { checkRoom, fitSizes } from './room.js';
import { type Figure, figure, type Needs, type Sample } from './scenario.js';
import { HISTOGRAM_TITLES, type HistogramName, type Snapshot, totalOf } from './tally.js';
import { placeOf, runningTarget, type ServerName, startTarget, type Target } from './target.js';
import { UsageError } from './usage-error.js';
import { Watcher, warningsOf } from './watch.js';

/** It was ended before there was anything to tell. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface RunOptions {
  readonly options: LoadOptions;
  /** Null: the one that is running. */
  readonly server: ServerName | null;
  readonly progress: Progress;
  /** Aborted by who wants it to end. */
  readonly stop: AbortSignal;
}

/** @throws UsageError where the machine or the server cannot do what is asked */
export const run = async ({ options, server, progress, stop }: RunOptions): Promise<Result> => {
  const { scenario, running, processes, pinning } = options;
  const room = { processes, startsServer: running === null };
  const { sizes, warning } =
    options.sizes === null ? { sizes: null, warning: null } : fitSizes(options.sizes, room);
  const parameters =
    sizes === null ? options.parameters : { ...options.parameters, connections: sizes.at(-1) as number };
  const needs = scenario.needs(parameters);
  checkRoom(needs.connections, room);
  const provider =
    needs.provider === null || running !== null
      ? null
      : await startProvider(needs.provider, pinning?.clients ?? null);
  const target = await openTarget(options, needs, { server, provider }).catch(async (error: unknown) => {
    await provider?.end();
    throw error;
  });
  const startedAt = new Date();
  const points: Point[] = [];
  let fleet: Fleet | null = null;
  let channels: Channels | null = null;
  try {
    const { url, tokens } = target;
    const clientCores = pinning?.clients ?? null;
    const crowd = await Fleet.start({ place: placeOf(url), tokens, processes, cores: clientCores });
    fleet = crowd;
    const onSample = (sample: Sample): void => progress.detail(describe(sample));
    const watcher = new Watcher({
      target,
      fleet: crowd,
      clientCores: pinning?.clientCores ?? null,
      onSample,
    });
    const stopped = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(new Interrupted('Interrupted before anything was measured.'));
      if (stop.aborted) giveUp();
      stop.addEventListener('abort', giveUp);
    });
    stopped.catch(() => {});
    const figures = await scenario.run({
      parameters,
      sizes,
      target,
      provider: provider?.baseUrl ?? null,
      serverCores: pinning?.server ?? null,
      fleet: crowd,
      interrupted: () => stop.aborted,
      progress: (sentence) => progress.say(sentence),
      grow: (size) =>
        Promise.race([crowd.grow(size, (open) => progress.count('Connecting', open, size)), stopped]),
      channels: async (connections, each = 1) => {
        if (!target.isGateway) return [];
        channels = new Channels({ url, tokens });
        const onMade = (made: number): void => progress.count('Making channels', made, each * connections);
        const counts = crowd.membersByToken(connections).map((members) => each * members);
        return Promise.race([channels.make(counts, onMade), stopped]);
      },
      settle: (seconds) => wait(seconds, stop),
      watch: (seconds) => watcher.watch(() => wait(seconds, stop)),
      watchWhile: (work) => watcher.watch(() => Promise.race([work(), stopped])),
      point: (connections, at) => points.push({ connections, figures: at }),
      samples: () => watcher.samples,
    });
    if (stop.aborted) progress.say('Ending');
    const { shares, seen } = watcher;
    const whole = await crowd.count();
    const warnings = [
      ...(warning === null ? [] : [warning]),
      ...(shares === null ? [] : warningsOf(shares)),
      ...troublesOf(whole),
      ...(stop.aborted ? ['It was interrupted: the figures are those of what was measured until then.'] : []),
    ];
    return {
      format: 1,
      scenario: scenario.name,
      server: running?.url ?? (server as string),
      version: VERSION_MEASURED,
      startedAt: startedAt.toISOString(),
      machine: describeMachine(),
      parameters: Object.fromEntries(
        PARAMETER_NAMES.filter(
          (name) =>
            scenario.defaults[name] !== undefined && (target.own || parameterInfo(name).ofServer !== true),
        ).map((name) => [name, parameters[name]]),
      ),
      processes,
      pinning: pinning === null ? null : { server: pinning.server, clients: pinning.clients },
      figures: [...figures, ...(shares === null ? [] : shareFigures(shares))],
      points,
      samples: watcher.samples,
      distributions: seen === null ? [] : distributionsOf(seen),
      troubles: { ...whole.lost, ...whole.faults },
      warnings,
    };
  } finally {
    progress.end();
    await fleet?.end();
    await tidy(target, channels, progress);
    await target.end();
    await provider?.end();
  }
};

const openTarget = async (
  { running, parameters, pinning, nodeFlags, scenario }: LoadOptions,
  needs: Needs,
  { server, provider }: { readonly server: ServerName | null; readonly provider: Provider | null },
): Promise<Target> => {
  if (running !== null) return runningTarget(running.url, running.token, running.pid);
  if (server === 'raw' && needs.raw === null) {
    throw new UsageError(`The bare server has nothing like ${scenario.name}: measure the gateway alone.`);
  }
  return startTarget({
    server: server ?? 'gateway',
    cores: pinning?.server ?? null,
    heartbeatSeconds: parameters.heartbeatSeconds,
    workers: parameters.workers,
    chunkDelayMs: needs.chunkDelayMs,
    provider: provider?.baseUrl ?? null,
    principals: needs.principals,
    rawMode: needs.raw ?? [],
    nodeFlags,
  });
};

/** What was left behind on somebody else's gateway goes, as far as that still answers. */
const tidy = async (target: Target, channels: Channels | null, progress: Progress): Promise<void> => {
  if (channels === null || target.own) return;
  progress.say('Deleting channels');
  try {
    await channels.remove();
  } catch (error) {
    progress.say(`Some channels called bench-load are left behind: ${(error as Error).message}`);
  }
  progress.end();
};

/** Less long where somebody wants it to end. */
const wait = async (seconds: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(1000 * seconds, undefined, { signal });
  } catch {
    // It ends early: what was measured until now is told.
  }
};

const shareFigures = (shares: NonNullable<Watcher['shares']>): Figure[] => [
  figure('processor time of the clients', 100 * shares.clients, '% of a core'),
  figure('of that the busiest process', 100 * shares.busiestClient, '% of a core'),
  figure('processor time of other programs', 100 * shares.others, '% of the machine'),
];

/** Over all of the run: what goes wrong before the measurement spoils it as well. */
const troublesOf = ({ lost, counters, faults }: Snapshot): string[] => {
  const warnings: string[] = [];
  const many = totalOf(lost);
  if (many > 0) {
    warnings.push(
      `${many} connections were lost, before the measurement or in it: the figures are those of who was left.`,
    );
  }
  if (Object.keys(faults).some((what) => what.startsWith(`${ERRORS.rateLimited.code} `))) {
    warnings.push(
      `The gateway's rate limit refused some of ${counters.requests} requests: raise gateway.rate_limit there, or ask with a lower --rate.`,
    );
  }
  return warnings;
};

const distributionsOf = ({ histograms }: Snapshot): Distribution[] =>
  (Object.keys(HISTOGRAM_TITLES) as HistogramName[]).flatMap((name) => {
    const { buckets } = histograms[name];
    return buckets.length === 0 ? [] : [{ name: HISTOGRAM_TITLES[name], buckets }];
  });

const describe = ({
  open,
  repliesPerSecond,
  chunksPerSecond,
  joinsPerSecond,
  serverShare,
}: Sample): string => {
  const said = [`${open} connections`];
  if (repliesPerSecond >= 1) said.push(`${Math.round(repliesPerSecond)} answers/s`);
  if (chunksPerSecond >= 1) said.push(`${Math.round(chunksPerSecond)} chunks/s`);
  if (joinsPerSecond >= 1) said.push(`${Math.round(joinsPerSecond)} handshakes/s`);
  if (serverShare !== null) said.push(`server ${Math.round(100 * serverShare)} %`);
  return said.join(', ');
};
