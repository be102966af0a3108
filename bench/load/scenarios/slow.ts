/** One stream, and some who follow it stop reading: do the others notice, what do they cost, and do they catch up? */
import { hasProc, residentBytes } from '../processes.js';
import { type Figure, figure, scenario, type Window } from '../scenario.js';
import { totalOf } from '../tally.js';
import { messageOf } from './messages.js';
import { streamFigures } from './stream.js';

/** Those that had stopped have caught up behind this, or behind as long as they had stopped. */
const CATCH_UP_SECONDS = 3;
const REPLY_SECONDS = 20;

export const slow = scenario({
  name: 'slow',
  summary: 'one stream, N followers, a part of which stops reading',
  help: `The figures of chunks are those of the followers that read on. Nobody notices a stalled follower before the kernel's
buffers are full, about 4 MB on loopback: so tokens are long here. Behind the measurement the stalled ones read on, and
what they then get must be whole. The gateway closes who takes nothing for a minute (gateway.max_backlog_seconds).`,
  defaults: {
    followers: 100,
    stalledPercent: 10,
    tokensPerSecond: 100,
    wordBytes: 2000,
    warmUpSeconds: 2,
    seconds: 30,
    heartbeatSeconds: 30,
  },
  needs: ({ followers, tokensPerSecond, wordBytes }) => ({
    connections: followers + 1,
    chunkDelayMs: 1000 / tokensPerSecond,
    raw: ['publish', String(tokensPerSecond), String(wordBytes)],
  }),
  run: async ({ fleet, parameters, target, grow, progress, settle, watch }) => {
    const { followers, stalledPercent, tokensPerSecond, wordBytes, warmUpSeconds, seconds } = parameters;
    await grow(followers + 1);
    const message = messageOf(tokensPerSecond * REPLY_SECONDS, wordBytes);
    await fleet.workApart({ kind: 'talk', message }, { kind: 'follow' });
    await settle(warmUpSeconds);
    const before = memoryOf(target.pid);
    const stalled = await fleet.stall(stalledPercent / 100, true);
    progress(`Measuring for ${seconds} s with ${stalled} stalled`);
    const window = await watch(seconds);
    const after = memoryOf(target.pid);
    await fleet.stall(stalledPercent / 100, false);
    progress('Letting them read on');
    const later = await watch(Math.min(CATCH_UP_SECONDS, seconds));
    await fleet.rest();
    return [
      figure('stalled', stalled, ''),
      ...streamFigures(window, target.own ? tokensPerSecond : null),
      ...(before === null || after === null
        ? []
        : [figure('memory that the server gained meanwhile', (after - before) / 2 ** 20, 'MiB')]),
      ...catchUpFigures(later),
    ];
  },
});

const memoryOf = (pid: number | null): number | null => (hasProc && pid !== null ? residentBytes(pid) : null);

const catchUpFigures = ({ seen, seconds }: Window): Figure[] => [
  figure('chunks while they catch up', seen.counters.chunks / seconds, '/s'),
  figure('chunks of a frame meanwhile', seen.counters.chunks / seen.counters.chunkFrames, ''),
  figure('connections lost meanwhile', totalOf(seen.lost), ''),
  figure('chunks missing or twice', totalOf(seen.faults), '', 0),
];
