/**
 * Connections that authenticate and then only answer pings: what does each hold, and what do its heartbeats cost?
 *
 * Memory is a slope over four sizes of the crowd, because what a process holds before its first connection is no
 * connection's; nor are the pages of the young generation, which fill up with the garbage of the first few thousand
 * handshakes whoever stays. A heartbeat's cost is measured with an interval so short that the server does little else.
 */
import { hasProc, residentBytes } from '../processes.js';
import { type Bench, type Figure, figure, scenario } from '../scenario.js';
import { type Point, slope } from '../statistics.js';
import { totalOf } from '../tally.js';

const SIZES = [0.25, 0.5, 0.75, 1];

/** Goals. */
const MOST_RESIDENT_BYTES = 2048;
const MOST_HEARTBEAT_MICROSECONDS = 12;
const MOST_IDLE_PERCENT = 3;
/** Beneath this interval the heartbeats are what the server does; above it, what it does besides counts too. */
const SHORT_INTERVAL_SECONDS = 5;
const DEFAULT_INTERVAL_SECONDS = 30;

type Parameter = 'connections' | 'warmUpSeconds' | 'seconds' | 'heartbeatSeconds';

export const idle = scenario<Parameter>({
  name: 'idle',
  summary: 'connections that only answer pings: memory of each, processor time of a heartbeat',
  help: `Grows to --connections in four steps and takes memory after each; then watches for --seconds. With a heartbeat of 5 s or
less the processor time is that of the heartbeats, at 30 s it is that of doing nothing.`,
  defaults: { connections: 5000, warmUpSeconds: 1, seconds: 30, heartbeatSeconds: DEFAULT_INTERVAL_SECONDS },
  needs: ({ connections }) => ({ connections, raw: [] }),
  run: async (bench) => [...(await memoryFigures(bench)), ...(await processorFigures(bench))],
});

const memoryFigures = async ({
  parameters,
  target,
  grow,
  settle,
  point,
}: Bench<Parameter>): Promise<Figure[]> => {
  const resident: Point[] = [];
  const collected: Point[] = [];
  const heap: Point[] = [];
  const external: Point[] = [];
  for (const part of SIZES) {
    const x = Math.round(parameters.connections * part);
    await grow(x);
    // Sockets that were just opened are still being written to, and a server's own timers are to have run once.
    await settle(parameters.warmUpSeconds);
    if (hasProc && target.pid !== null) resident.push({ x, y: residentBytes(target.pid) });
    const memory = await target.memory();
    if (memory === null) continue;
    collected.push({ x, y: memory.resident - memory.young });
    heap.push({ x, y: memory.heapUsed });
    external.push({ x, y: memory.external });
    point(x, [figure('resident memory', memory.resident / 2 ** 20, 'MiB')]);
  }
  const figures: Figure[] = [];
  if (resident.length > 0) {
    const goal = collected.length > 0 ? null : MOST_RESIDENT_BYTES;
    figures.push(figure('resident memory of a connection, garbage included', slope(resident), 'B', goal));
  }
  const all = resident.at(-1);
  if (all !== undefined) figures.push(figure('resident memory with all connections', all.y / 2 ** 20, 'MiB'));
  if (collected.length > 0) {
    figures.push(
      figure('resident memory of a connection', slope(collected), 'B', MOST_RESIDENT_BYTES),
      figure('of that in the JavaScript heap', slope(heap), 'B'),
      figure('of that in buffers of JavaScript', slope(external), 'B'),
    );
  }
  return figures;
};

const processorFigures = async ({ parameters, watch, progress }: Bench<Parameter>): Promise<Figure[]> => {
  const { seconds, heartbeatSeconds } = parameters;
  progress(`Watching for ${seconds} s`);
  const window = await watch(seconds);
  const { pings } = window.seen.counters;
  const figures = [
    figure('connections', window.open, ''),
    figure('connections lost', totalOf(window.seen.lost), '', 0),
    figure('heartbeats', pings / window.seconds, '/s'),
  ];
  if (window.serverSeconds === null) return figures;
  const isDefault = heartbeatSeconds === DEFAULT_INTERVAL_SECONDS;
  const isShort = heartbeatSeconds <= SHORT_INTERVAL_SECONDS;
  const percent = (100 * window.serverSeconds) / window.seconds;
  const microseconds = (1e6 * window.serverSeconds) / pings;
  return [
    ...figures,
    figure('processor time of the server', percent, '% of a core', isDefault ? MOST_IDLE_PERCENT : null),
    figure(
      'processor time of a heartbeat, all else included',
      microseconds,
      'µs',
      isShort ? MOST_HEARTBEAT_MICROSECONDS : null,
    ),
  ];
};
