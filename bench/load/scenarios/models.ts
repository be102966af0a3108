/** Replies of a model through the whole gateway: what each token costs, beside the provider's SDK alone. */
import { measureSdk } from '../model/children.js';
import { figure, scenario } from '../scenario.js';
import { UsageError } from '../usage-error.js';
import { rateFigures } from './figures.js';
import { streamFigures } from './stream.js';

/** A reply takes so long at its pace; then the next begins. */
const REPLY_SECONDS = 20;
const SPREAD_SECONDS = 1;
const PER_PRINCIPAL = 500;

export const models = scenario({
  name: 'models',
  summary: 'S streams at T tokens a second from a provider: what a token costs, beside the SDK alone',
  help: `A provider that only streams words runs in a process of its own, at --tokens a second for each reply. First the provider's
SDK reads --streams replies of it with nothing around it; then the gateway does, for as many connections that each have
a channel. Both are the processor time of their process for each token that arrives: the gateway's is that of receiving
it, storing it and sending it to a client. The provider takes processor time as well: leave it a core.`,
  defaults: {
    streams: 200,
    tokensPerSecond: 50,
    wordBytes: 6,
    warmUpSeconds: 2,
    seconds: 15,
    heartbeatSeconds: 30,
  },
  needs: ({ streams, tokensPerSecond, wordBytes }) => ({
    connections: streams,
    principals: Math.ceil(streams / PER_PRINCIPAL),
    provider: { tokensPerSecond, wordBytes, replyTokens: Math.ceil(tokensPerSecond * REPLY_SECONDS) },
  }),
  run: async ({ fleet, parameters, provider, serverCores, channels, grow, progress, settle, watch }) => {
    if (provider === null) {
      throw new UsageError('models starts the gateway itself, with a provider of its own: leave --url out.');
    }
    const { streams, tokensPerSecond, warmUpSeconds, seconds } = parameters;
    progress(`Measuring the SDK alone for ${seconds} s`);
    const sdk = await measureSdk(provider, streams, {
      cores: serverCores,
      warmUp: () => settle(SPREAD_SECONDS + warmUpSeconds),
      wait: () => settle(seconds),
    });
    const own = await channels(streams);
    await grow(streams);
    await fleet.work({ kind: 'talk', message: 'go on' }, { channels: own, spreadMs: 1000 * SPREAD_SECONDS });
    await settle(SPREAD_SECONDS + warmUpSeconds);
    progress(`Measuring the gateway for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.rest();
    const [, perToken] = rateFigures(window, 'chunk', window.seen.counters.chunks);
    const perSdkToken = (1e6 * sdk.processorSeconds) / sdk.tokens;
    return [
      figure('tokens that the SDK alone read', sdk.tokens / seconds, '/s'),
      figure('processor time of the SDK alone for each token', perSdkToken, 'µs'),
      ...(perToken === undefined
        ? []
        : [figure('gateway ÷ SDK alone, processor time for each token', perToken.value / perSdkToken, '')]),
      ...streamFigures(window, tokensPerSecond),
    ];
  },
});
