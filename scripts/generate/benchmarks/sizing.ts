/** The table of `docs/deployment.md` that says how much one core carries, between two marks in a page that people write. */
import { markdownTable } from '../field-table.js';
import type { Output } from '../schema.js';
import { grouped, machine, number } from './format.js';
import type { LoadFile, PeersFile, Results } from './results.js';

const BEGIN = '<!-- sizing: written by `npm run generate` from bench/results/ -->\n';
const END = '<!-- /sizing -->\n';

type Parameters = Readonly<Record<string, number | undefined>>;

/** A scenario in words; what it counts is the first figure that has this name. */
const SUBJECTS: Readonly<Record<string, readonly [what: (by: Parameters) => string, counted: string]>> = {
  connect: [() => 'clients that connect, authenticate and leave', 'handshakes'],
  send: [() => '`chat.send`, acknowledged once it is on the disk', 'messages'],
  chat: [() => 'a message and its whole reply, stored', 'chats'],
  stream: [
    ({ streams, tokensPerSecond }) =>
      `${grouped(streams ?? 0)} replies at ${tokensPerSecond} tokens/s, each to one client`,
    'chunks',
  ],
  models: [
    ({ streams, tokensPerSecond }) =>
      `${grouped(streams ?? 0)} replies of a model's provider at ${tokensPerSecond} tokens/s`,
    'chunks',
  ],
  fanout: [
    ({ followers, tokensPerSecond }) =>
      `one reply at ${tokensPerSecond} tokens/s to ${grouped(followers ?? 0)} followers`,
    'chunks',
  ],
};

const figureOf = ({ figures }: LoadFile, name: string): number | null =>
  figures.find((figure) => figure.name === name)?.value ?? null;

const workRow = (file: LoadFile): readonly string[] | null => {
  const subject = SUBJECTS[file.scenario];
  if (subject === undefined) return null;
  const [what, counted] = subject;
  const rate = figureOf(file, counted);
  const share = figureOf(file, 'processor time of the server');
  if (rate === null || share === null || share === 0) return null;
  return [
    what(file.parameters as Parameters),
    `${number(rate)} ${counted}/s`,
    `${number(share)} %`,
    `${grouped((rate * 100) / share)} ${counted}/s`,
  ];
};

const requestRows = (file: PeersFile): readonly (readonly string[])[] =>
  file.loads.flatMap(({ connections, depth, servers }) => {
    const gateway = servers.find(({ name }) => name === 'gateway');
    if (gateway === undefined || !gateway.serverShare) return [];
    const { perSecond, serverShare } = gateway;
    return [
      [
        `small requests (\`system.ping\`), ${grouped(connections)} connections × ${depth} in flight`,
        `${grouped(perSecond.median)} messages/s`,
        `${number(100 * serverShare)} %`,
        `${grouped(perSecond.median / serverShare)} messages/s`,
      ],
    ];
  });

const idleLines = (file: LoadFile): readonly string[] => {
  const all = figureOf(file, 'resident memory with all connections');
  const each = figureOf(file, 'resident memory of a connection, garbage included');
  const share = figureOf(file, 'processor time of the server');
  const connections = figureOf(file, 'connections');
  if (all === null || each === null || share === null || connections === null) return [];
  const { heartbeatSeconds } = file.parameters as Parameters;
  return [
    ...markdownTable(
      ['connections that only listen', 'resident memory, all in all', 'of that for each', 'of a core'],
      [
        [
          `${grouped(connections)}, a heartbeat every ${heartbeatSeconds} s`,
          `${number(all)} MiB`,
          `${number(each)} B`,
          `${number(share)} %`,
        ],
      ],
    ),
    '',
  ];
};

const machinesOf = (files: readonly (LoadFile | PeersFile)[]): string =>
  [...new Set(files.map((file) => `${machine(file.machine)}; gateway ${file.version}`))].join('. ');

/** @throws Error where the page has lost its marks */
export const buildSizing = (path: string, page: string, { load, peers }: Results): Output => {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) throw new Error(`${path} has lost the marks of its table of sizes.`);
  const files = load.filter(({ server }) => server === 'gateway');
  const idle = files.filter(({ scenario }) => scenario === 'idle');
  const rows = [...files.map(workRow).filter((row) => row !== null), ...peers.flatMap(requestRows)];
  const lines = [
    ...idle.flatMap(idleLines),
    ...markdownTable(['what clients do', 'measured', 'of a core', 'a whole core'], rows),
    '',
    `${machinesOf([...files, ...peers])}. TLS off, the rate limit out of the way, server and clients on one machine.`,
  ];
  return { path, text: `${page.slice(0, from)}${BEGIN}\n${lines.join('\n')}\n\n${page.slice(to)}` };
};
