/** Chats that are acknowledged while their replies take their time: what does it cost to take a message durably? */
import { PROTOCOL } from '../../../schemas/codes.js';
import { scenario } from '../scenario.js';
import { UsageError } from '../usage-error.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';

const MESSAGE = 'Say it again.';
/** One being answered, and those that wait behind it. */
const PER_CHANNEL = PROTOCOL.maxQueuedRunsPerChannel + 1;
/** Of a principal; the channel `default` stays empty. */
const CHANNELS_PER_PRINCIPAL = 999;
/** More than any store here takes. */
const MOST_PER_SECOND = 40_000;
/** Replies of hours: none ends while this runs. */
const CHUNK_DELAY_MS = 60_000;

const channelsEach = (connections: number, seconds: number): number =>
  Math.ceil((seconds * MOST_PER_SECOND) / connections / PER_CHANNEL);

export const send = scenario({
  name: 'send',
  summary: 'durable chat.send, acknowledged while the replies take their time',
  help: `Each connection says something, waits for its answer, which means that the message is on the disk, and says it again: so as
many messages are on their way to the disk at a time as there are connections. A channel takes ${PER_CHANNEL} before its
first reply has ended, so each connection has many of them; the replies have hardly begun when this ends, and so
it only measures a server that it starts itself. --server raw stores the same messages in the same store and nothing else.`,
  defaults: { connections: 256, warmUpSeconds: 0.5, seconds: 4, heartbeatSeconds: 30 },
  needs: ({ connections, warmUpSeconds, seconds }) => ({
    connections,
    principals: Math.ceil(
      (connections * channelsEach(connections, warmUpSeconds + seconds)) / CHANNELS_PER_PRINCIPAL,
    ),
    chunkDelayMs: CHUNK_DELAY_MS,
    raw: ['store-messages', String(channelsEach(connections, warmUpSeconds + seconds)), String(PER_CHANNEL)],
  }),
  run: async ({ fleet, target, parameters, channels, grow, progress, settle, watch }) => {
    if (!target.own)
      throw new UsageError('send measures only a server that it starts itself: leave --url out.');
    const { connections, warmUpSeconds, seconds } = parameters;
    const each = channelsEach(connections, warmUpSeconds + seconds);
    const own = await channels(connections, each);
    await grow(connections);
    await fleet.work({ kind: 'send', message: MESSAGE, perChannel: PER_CHANNEL }, { channels: own, each });
    await settle(warmUpSeconds);
    progress(`Measuring for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.rest();
    return [
      ...rateFigures(window, 'message', window.seen.counters.replies),
      ...serverFigures(window),
      ...latencyFigures(window, 'ack'),
      ...troubleFigures(window),
    ];
  },
});
