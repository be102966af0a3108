/** Looks at server, clients and machine over a while, and judges whether the figures are the server's. */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './fleet.js';
import { busySeconds, hasProc, processorSeconds } from './processes.js';
import type { Window } from './scenario.js';
import type { Target } from './target.js';

/** A generator that took more of a core than this may have been what was slow. */
const CLIENT_BOTTLENECK = 0.85;
/** Others that took more of the machine than this will have cost the server its caches, and its turns. */
const MUCH_ELSE = 0.25;

export interface Watched {
  readonly window: Window;
  /** What the generators took of a core, the busiest and all together. */
  readonly busiestClientShare: number;
  readonly clientsShare: number;
  /** What everything else on the machine took of all its cores. */
  readonly elseShare: number;
}

/** Waits for `seconds`. */
export const watch = async (target: Target, fleet: Fleet, seconds: number): Promise<Watched> => {
  const look = async () => ({
    atMs: performance.now(),
    counts: await fleet.count(),
    server: hasProc && target.pid !== null ? processorSeconds(target.pid) : null,
    clients: hasProc ? fleet.processorSeconds() : [],
    busy: hasProc ? busySeconds() : 0,
  });
  const first = await look();
  await delay(seconds * 1000);
  const last = await look();
  const tookSeconds = (last.atMs - first.atMs) / 1000;
  const serverSeconds = first.server === null || last.server === null ? null : last.server - first.server;
  const clients = last.clients.map((value, at) => value - (first.clients[at] ?? 0));
  const clientSeconds = clients.reduce((sum, value) => sum + value, 0);
  const elseSeconds = last.busy - first.busy - clientSeconds - (serverSeconds ?? 0);
  return {
    window: { seconds: tookSeconds, before: first.counts, after: last.counts, serverSeconds },
    busiestClientShare: Math.max(0, ...clients) / tookSeconds,
    clientsShare: clientSeconds / tookSeconds,
    elseShare: Math.max(0, elseSeconds / tookSeconds / availableParallelism()),
  };
};

/** What the reader of the figures must know. */
export const warningsOf = ({ busiestClientShare, elseShare }: Watched): string[] => {
  const warnings: string[] = [];
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  if (busiestClientShare > CLIENT_BOTTLENECK) {
    warnings.push(
      `A generator took ${percent(busiestClientShare)} of a core: the clients were the bottleneck, so use more --processes or fewer connections.`,
    );
  }
  if (elseShare > MUCH_ELSE) {
    warnings.push(
      `Other programs took ${percent(elseShare)} of the machine: processor times are less certain.`,
    );
  }
  return warnings;
};
