/** Requests and answers: how many, how fast, at what cost, and how that changes as connections grow. */
import { MAX_IN_FLIGHT } from '../jobs/requests.js';
import { type Bench, type Figure, figure, scenario, type Window } from '../scenario.js';
import { UsageError } from '../usage-error.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';

const REQUEST = '{"jsonrpc":"2.0","method":"system.ping","params":{},"id":1}';
/** What is still on its way belongs to nobody's latency. */
const PAUSE_SECONDS = 0.2;

type Parameter = 'connections' | 'depth' | 'rate' | 'warmUpSeconds' | 'seconds' | 'heartbeatSeconds';

export const rpc = scenario<Parameter>({
  name: 'rpc',
  summary: 'system.ping, so many in flight on each connection, or at a fixed rate',
  help: `Every connection keeps --depth requests in flight: as many go out as answers came in, in one write. At depth 1 the
latency is that of the server; at more it is that of a queue. With --rate the requests come at that rate
whether answers do or not (0: as --depth says), in turn from all connections, and latency counts from when each was due: this
is how to see a server below its limit. With --sizes 100,1000,10000 the connections grow in steps and each is measured:
with --rate that shows what a connection that is merely there costs.`,
  defaults: { connections: 64, depth: 16, rate: 0, warmUpSeconds: 1, seconds: 10, heartbeatSeconds: 30 },
  grows: true,
  needs: ({ connections, depth }) => {
    if (depth > MAX_IN_FLIGHT) throw new UsageError(`--depth is at most ${MAX_IN_FLIGHT}.`);
    return { connections, raw: ['echo'] };
  },
  run: async (bench) => {
    let figures: Figure[] = [];
    for (const size of bench.sizes ?? [bench.parameters.connections]) {
      if (bench.interrupted()) break;
      await bench.grow(size);
      const window = await measure(bench);
      figures = figuresOf(window);
      if (bench.sizes !== null) bench.point(size, figures);
    }
    return figures;
  },
});

const measure = async ({ fleet, parameters, progress, settle, watch }: Bench<Parameter>): Promise<Window> => {
  const { depth, rate, warmUpSeconds, seconds } = parameters;
  await fleet.work({ kind: 'requests', text: REQUEST, depth: rate === 0 ? depth : 0 });
  await fleet.pace(rate);
  await settle(warmUpSeconds);
  progress(`Measuring for ${seconds} s`);
  const window = await watch(seconds);
  await fleet.rest();
  await settle(PAUSE_SECONDS);
  return window;
};

const figuresOf = (window: Window): Figure[] => {
  const { counters } = window.seen;
  const skipped =
    counters.skipped === 0 ? [] : [figure('requests not sent for want of answers', counters.skipped, '', 0)];
  return [
    ...rateFigures(window, 'message', counters.replies),
    ...serverFigures(window),
    ...latencyFigures(window, 'reply'),
    ...troubleFigures(window),
    ...skipped,
  ];
};
