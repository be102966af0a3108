/** The result as a table for a terminal. */
import { type LoadResult, type PeersResult, type ServerResult, wasBusy } from './result.js';
import type { Spread } from './statistics.js';

const thousands = (value: number): string => Math.round(value).toLocaleString('en').replaceAll(',', ' ');
const percent = (share: number | null): string => (share === null ? '?' : `${Math.round(100 * share)} %`);
const range = ({ median, least, most }: Spread, write: (value: number) => string): string =>
  least === most ? write(median) : `${write(median)} (${write(least)}–${write(most)})`;
const two = (value: number): string => value.toFixed(2);

const HEAD = ['server', 'messages/s', '× echo', 'server µs/message', '× echo', 'server', 'client'];

const rowOf = (server: ServerResult): string[] => [
  `${server.name}${wasBusy(server) ? '' : ' *'}`,
  range(server.perSecond, thousands),
  range(server.ratio, two),
  server.micros === null ? '?' : range(server.micros, two),
  server.processorRatio === null ? '?' : range(server.processorRatio, two),
  percent(server.serverShare),
  percent(server.clientShare),
];

const tableOf = (load: LoadResult): string[] => {
  const rows = [HEAD, ...load.servers.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  const goals = load.goals.map(
    ({ name, value, by, atLeast, reached }) =>
      `  goal: the gateway at ${atLeast} of ${name} or more, ${two(value)} by ${by}: ${reached ? 'reached' : 'MISSED'}`,
  );
  return [`${load.connections} connections × ${load.depth} in flight`, ...lines, ...goals, ''];
};

/** Several lines, the last one ended. */
export const formatResult = (result: PeersResult): string => {
  const { machine, rounds, seconds, versions } = result;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `system.ping, gateway ${result.version}: medians of ${rounds} rounds of ${seconds} s, and their ranges`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
    packages.join(', '),
    '',
    ...result.loads.flatMap(tableOf),
  ];
  if (result.loads.some(({ servers }) => !servers.every(wasBusy))) {
    lines.push(
      '* This server was not busy all the time: compare its processor time, not its messages a second.',
    );
  }
  for (const warning of result.warnings) lines.push(`Warning: ${warning}`);
  return `${lines.join('\n').trimEnd()}\n`;
};
