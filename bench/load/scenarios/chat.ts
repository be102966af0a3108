/** Chats whose replies come at once: what does it cost to keep them durably? */
import { scenario } from '../scenario.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';

const PER_PRINCIPAL = 500;
const MESSAGE = 'Say it again.';

export const chat = scenario({
  name: 'chat',
  summary: 'durable chat.send with short replies that come at once',
  help: `Each connection has a channel of its own, says something, waits for the end of the reply and says it again: so as many
messages are on their way to the disk at a time as there are connections. Message and reply are both committed
before they are told. --server raw makes the same writes to the same store and nothing else.`,
  defaults: { connections: 256, warmUpSeconds: 1, seconds: 10, heartbeatSeconds: 30 },
  needs: ({ connections }) => ({
    connections,
    principals: Math.ceil(connections / PER_PRINCIPAL),
    raw: ['store'],
  }),
  run: async ({ fleet, parameters, channels, grow, progress, settle, watch }) => {
    const { connections, warmUpSeconds, seconds } = parameters;
    const own = await channels(connections);
    await grow(connections);
    await fleet.work({ kind: 'talk', message: MESSAGE }, { channels: own });
    await settle(warmUpSeconds);
    progress(`Measuring for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.rest();
    return [
      ...rateFigures(window, 'chat', window.seen.counters.completes),
      ...serverFigures(window),
      ...latencyFigures(window, 'ack'),
      ...latencyFigures(window, 'first'),
      ...troubleFigures(window),
    ];
  },
});
