/** What the load suite says about itself. */
import { PARAMETER_NAMES, parameterInfo } from './parameters.js';
import type { Scenario } from './scenario.js';
import { SERVERS } from './target.js';

const COLUMN = 22;
const row = (left: string, right: string): string => `  ${left.padEnd(COLUMN)} ${right}`;

export const usage = (scenarios: readonly Scenario[]): string => `\
npm run bench:load -- --scenario NAME [options]
npm run bench:load -- --compare A.json B.json [--html FILE]
npm run bench:load -- --show A.json [--html FILE] [--svg FILE]

Scenarios (--scenario NAME --help says what each measures and takes)
${scenarios.map(({ name, summary }) => row(name, summary)).join('\n')}

What is measured
${[
  row(
    '--server NAME',
    `what to start: ${SERVERS.join(' or ')} (gateway); raw is bare uWebSockets.js that does the same`,
  ),
  row('--against NAME', 'measures that one, too, directly afterwards, and compares'),
  row('--url URL', 'a running gateway instead, ws: or wss:; it keeps its own limits'),
  row('--token-file FILE', 'the file of its token; otherwise it is taken from OPENCLAW_TOKEN'),
  row('--token TOKEN', 'the token itself: everybody on this machine can read it in the list of processes'),
  row('--pid N', 'its process, where it runs on this machine, for its memory and processor time'),
  row('--node-flag FLAG', 'for the Node.js of a server that is started, such as --cpu-prof; may be repeated'),
].join('\n')}

How
${[
  row('--processes N', 'of clients (one for each core that they have)'),
  row('--pin', 'the server on cores of its own, with one worker on the first, the clients on the others'),
].join('\n')}

Results
${[
  row('--json FILE', 'everything, for --show and --compare'),
  row('--html FILE', 'a page with charts'),
  row('--svg FILE', 'the chart that says most, for a document'),
].join('\n')}

Ctrl+C ends a measurement early and prints what was measured so far; twice ends it at once.
`;

export const scenarioHelp = ({ name, summary, help, defaults, grows }: Scenario): string => {
  const rows = PARAMETER_NAMES.flatMap((parameter) => {
    const preset = defaults[parameter];
    if (preset === undefined) return [];
    const { flag, says } = parameterInfo(parameter);
    return [row(`--${flag} N`, `${says} (${preset})`)];
  });
  if (grows) rows.push(row('--sizes A,B,…', 'connections to grow through, each measured'));
  return `npm run bench:load -- --scenario ${name} [options]\n\n${summary}\n\n${help}\n\n${rows.join('\n')}\n\n--help alone lists the options that all scenarios have.\n`;
};
