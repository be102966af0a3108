/** Many streams at once, one for each connection: what arrives, how evenly, and what each chunk costs. */
import { Histogram } from '../histogram.js';
import { type Figure, figure, scenario, type Window } from '../scenario.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';
import { messageOf } from './messages.js';

/** Streams of one principal, which may have 1 000 channels. */
const PER_PRINCIPAL = 500;
/** A reply takes so long at its pace; then the next begins. */
const REPLY_SECONDS = 20;
/** They begin spread over this, so that they are not in step. */
const SPREAD_SECONDS = 1;

export const stream = scenario({
  name: 'stream',
  summary: 'S streams at T tokens a second: chunks delivered, how evenly, at what cost',
  help: `Each connection has a channel of its own and has a reply of 20 seconds streamed there, over and over. The gateway's embedded
engine repeats the message at --tokens a second; a remote gateway's model has its own pace. One stream in 16 is read
as a whole: a chunk that is missing or comes twice is a wrong answer. On a remote gateway there is one principal and
so at most 999 streams; the channels are deleted at the end.`,
  defaults: {
    streams: 1000,
    tokensPerSecond: 20,
    wordBytes: 6,
    warmUpSeconds: 2,
    seconds: 15,
    heartbeatSeconds: 30,
  },
  needs: ({ streams, tokensPerSecond, wordBytes }) => ({
    connections: streams,
    principals: Math.ceil(streams / PER_PRINCIPAL),
    chunkDelayMs: 1000 / tokensPerSecond,
    raw: ['stream', String(tokensPerSecond), String(wordBytes)],
  }),
  run: async ({ fleet, parameters, target, channels, grow, progress, settle, watch }) => {
    const { streams, tokensPerSecond, wordBytes, warmUpSeconds, seconds } = parameters;
    const own = await channels(streams);
    await grow(streams);
    const message = messageOf(tokensPerSecond * REPLY_SECONDS, wordBytes);
    await fleet.work({ kind: 'talk', message }, { channels: own, spreadMs: 1000 * SPREAD_SECONDS });
    await settle(SPREAD_SECONDS + warmUpSeconds);
    progress(`Measuring for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.rest();
    return streamFigures(window, target.own ? tokensPerSecond : null);
  },
});

/** @param tokensPerSecond of one stream, as the server was told; null: nobody told it */
export const streamFigures = (window: Window, tokensPerSecond: number | null): Figure[] => {
  const { counters, histograms } = window.seen;
  const p99 = Histogram.from(histograms.gap).percentile(0.99);
  return [
    ...rateFigures(window, 'chunk', counters.chunks),
    figure('frames that carried them', counters.chunkFrames / window.seconds, '/s'),
    ...serverFigures(window),
    ...latencyFigures(window, 'gap'),
    ...(tokensPerSecond === null
      ? []
      : [figure('between two chunks, p99 above the pace', p99 - 1000 / tokensPerSecond, 'ms')]),
    ...latencyFigures(window, 'first'),
    ...latencyFigures(window, 'ack'),
    figure('ends of replies received', counters.completes, ''),
    ...troubleFigures(window),
  ];
};
