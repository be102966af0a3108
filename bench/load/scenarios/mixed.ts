/** What people's clients do, at a rate: pings, channel calls, chats. */
import type { Bench, Figure, Window } from '../scenario.js';
import { figure, scenario } from '../scenario.js';
import { UsageError } from '../usage-error.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';

/** Channels of one principal; a look at them lists them all. */
const PER_PRINCIPAL = 40;
const MOST_PRINCIPALS = 10;
const MESSAGE = 'What is on the list for today, and what can wait until tomorrow?';

/** Pace of a usual model. */
const CHUNK_DELAY_MS = 15;

/** What the mixed load needs. @throws UsageError where nothing would be sent */
export const mixNeeds = ({ connections, rate }: Readonly<Record<'connections' | 'rate', number>>) => {
  if (rate === 0) throw new UsageError('--rate is above 0 here: nothing else says how much is sent.');
  return {
    connections,
    principals: Math.min(MOST_PRINCIPALS, Math.ceil(connections / PER_PRINCIPAL)),
    chunkDelayMs: CHUNK_DELAY_MS,
  };
};

export const mixed = scenario({
  name: 'mixed',
  summary: 'chats, pings and channel calls at a rate',
  help: `Of ten requests six are system.ping, three channel.list or channel.switch, one chat.send with a reply of 30 tokens. They come at
--rate in turn from all connections, each of which has a channel of its own and at most one of each in flight.`,
  defaults: { connections: 200, rate: 1000, warmUpSeconds: 2, seconds: 15, heartbeatSeconds: 30 },
  needs: mixNeeds,
  run: async (bench) => {
    const { seconds } = bench.parameters;
    await beginMix(bench);
    bench.progress(`Measuring for ${seconds} s`);
    const window = await bench.watch(seconds);
    await bench.fleet.rest();
    return mixFigures(window);
  },
});

/** Connects everybody and lets the requests come. */
export const beginMix = async ({
  parameters,
  fleet,
  channels,
  grow,
  settle,
}: Bench<'connections' | 'rate' | 'warmUpSeconds'>): Promise<void> => {
  const { connections, rate, warmUpSeconds } = parameters;
  const own = await channels(connections);
  await grow(connections);
  await fleet.work({ kind: 'mix', message: MESSAGE }, { channels: own });
  await fleet.pace(rate);
  await settle(warmUpSeconds);
};

export const mixFigures = (window: Window): Figure[] => {
  const { counters } = window.seen;
  return [
    ...rateFigures(window, 'answer', counters.replies),
    figure('chunks', counters.chunks / window.seconds, '/s'),
    ...serverFigures(window),
    ...latencyFigures(window, 'reply'),
    ...latencyFigures(window, 'channel'),
    ...latencyFigures(window, 'ack'),
    ...latencyFigures(window, 'first'),
    ...latencyFigures(window, 'gap'),
    figure('requests not sent for want of answers', counters.skipped, ''),
    ...troubleFigures(window),
  ];
};
