/** One stream and very many who follow it. */
import { scenario } from '../scenario.js';
import { messageOf } from './messages.js';
import { streamFigures } from './stream.js';

/** The reply outlasts the measurement by this, so that it does not end within it. */
const SPARE_SECONDS = 5;

export const fanout = scenario({
  name: 'fanout',
  summary: 'one stream, N followers',
  help: `One connection has a reply streamed in the default channel, which all others of its principal follow.`,
  defaults: {
    followers: 1000,
    tokensPerSecond: 20,
    wordBytes: 6,
    warmUpSeconds: 2,
    seconds: 15,
    heartbeatSeconds: 30,
  },
  needs: ({ followers, tokensPerSecond, wordBytes }) => ({
    connections: followers + 1,
    chunkDelayMs: 1000 / tokensPerSecond,
    raw: ['publish', String(tokensPerSecond), String(wordBytes)],
  }),
  run: async ({ fleet, parameters, target, grow, progress, settle, watch }) => {
    const { followers, tokensPerSecond, wordBytes, warmUpSeconds, seconds } = parameters;
    await grow(followers + 1);
    const message = messageOf(tokensPerSecond * (warmUpSeconds + seconds + SPARE_SECONDS), wordBytes);
    await fleet.workApart({ kind: 'talk', message }, { kind: 'follow' });
    await settle(warmUpSeconds);
    progress(`Measuring for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.rest();
    return streamFigures(window, target.own ? tokensPerSecond : null);
  },
});
