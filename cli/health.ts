/** `openclaw health`: whether the gateway can be given work, as its exit status and one line; for containers and scripts. */
import type { IncomingMessage } from 'node:http';
import type { Command } from 'commander';
import { ConfigError } from '../server/config/errors.js';
import { readGatewayFile } from '../server/config/gateway-file.js';
import { resolveHome } from '../server/config/home.js';
import { CliError, type Io } from './io.js';
import { connectableHost, connectableUrl } from './target.js';
import { printableLine, type Terminal } from './terminal.js';

interface HealthOptions {
  readonly url?: string;
  readonly live?: boolean;
  readonly json?: boolean;
  /** The program's. */
  readonly config?: string;
}

/** What was found out; `--json` prints it. */
interface Answer {
  /** What the exit status says. */
  readonly ok: boolean;
  /** `unreachable`: nobody answers, or not as a gateway does. */
  readonly status: 'ready' | 'degraded' | 'unready' | 'alive' | 'unreachable';
  /** What was asked. */
  readonly url: string;
  /** Each part's state by its name; absent where the listener shows them to nobody without its token. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Why nobody answers. */
  readonly reason?: string;
}

/** Below the five seconds after which a container's runtime gives up: its own sentence would say less. */
const TIMEOUT_MS = 4000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Adds the command to `program`. */
export const registerHealth = (program: Command, io: Terminal): void => {
  program
    .command('health')
    .description('Ask the running gateway whether it can be given work; exit status 0: yes, 1: no')
    .option('--live', 'ask only whether it is alive')
    .option(
      '--url <url>',
      'address of its health checks; else those of the one running here, else as configured',
    )
    .option('--json', 'print as JSON')
    .action((_options, command: Command) => check(command.optsWithGlobals<HealthOptions>(), io));
};

const check = async (options: HealthOptions, io: Terminal): Promise<void> => {
  const base = options.url === undefined ? await operatorsUrl(options, io) : checkUrl(options.url);
  const answer = await ask(new URL(options.live ? '/healthz' : '/readyz', base).href);
  if (options.json) io.stdout.write(`${JSON.stringify(answer)}\n`);
  if (!answer.ok) throw new CliError(sentenceOf(answer));
  if (!options.json) io.stdout.write(`${sentenceOf(answer)}\n`);
};

const ask = async (url: string): Promise<Answer> => {
  try {
    const { status, body } = await get(url);
    return judged(url, status, body);
  } catch (error) {
    return { ok: false, status: 'unreachable', url, reason: reasonOf(error) };
  }
};

/** Of a body the beginning: whatever answers there need not be a gateway. */
const get = async (url: string): Promise<{ readonly status: number; readonly body: string }> => {
  const http = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // Without an agent the connection ends with the answer.
    http.get(url, { agent: false, signal }, resolve).once('error', reject);
  });
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > MAX_ANSWER_BYTES) break;
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') };
};

const judged = (url: string, status: number, body: string): Answer => {
  const report = parse(body);
  const parts = report === null ? {} : partsOf(report);
  switch (report?.status) {
    case 'ready':
    case 'degraded':
    case 'alive':
      if (status === 200) return { ok: true, status: report.status, url, ...parts };
      break;
    case 'unready':
      if (status === 503) return { ok: false, status: report.status, url, ...parts };
      break;
  }
  return { ok: false, status: 'unreachable', url, reason: `HTTP ${status}, and no gateway’s answer` };
};

const parse = (body: string): { readonly status?: unknown; readonly parts?: unknown } | null => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
};

const partsOf = ({ parts }: { readonly parts?: unknown }): Pick<Answer, 'parts'> => {
  if (typeof parts !== 'object' || parts === null) return {};
  const states = Object.entries(parts).map(
    ([name, state]) => [printableLine(name), printableLine(String(state))] as const,
  );
  return { parts: Object.fromEntries(states) };
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown cause';
  // Of the time that is up, whatever it interrupts.
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'the connection failed';
};

const sentenceOf = ({ status, url, parts = {}, reason }: Answer): string => {
  const wrong = Object.entries(parts).filter(([, state]) => state !== 'ok');
  const which =
    wrong.length === 0 ? '' : `: ${wrong.map(([name, state]) => `${name} is ${state}`).join(', ')}`;
  switch (status) {
    case 'ready':
      return 'The gateway is ready.';
    case 'alive':
      return 'The gateway is alive.';
    case 'degraded':
      return `The gateway is ready, and degraded${which}.`;
    case 'unready':
      return `The gateway is not ready${which}.`;
    case 'unreachable':
      return `No gateway answers at ${url} (${reason}): start one with \`openclaw gateway\`, or give the address of its health checks with --url.`;
  }
};

/** The message repeats nothing of the URL: it may be a token in the wrong place. */
const checkUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return text;
  throw new CliError(
    'The address of health checks is http:// or https:// and carries no secret, such as http://127.0.0.1:18790.',
    2,
  );
};

/** Where the gateway of this home answers operators, or where it would. The configuration is loaded only where none runs. */
const operatorsUrl = async ({ config: file }: HealthOptions, { env }: Io): Promise<string> => {
  const home = resolveHome(env);
  const running = readGatewayFile(home.gatewayFile)?.operationsUrl;
  if (running !== undefined) return connectableUrl(running);
  const { loadConfig } = await import('../server/config/load.js');
  try {
    const { metrics } = loadConfig({ home, env, file }).config;
    if (metrics.port === 0)
      throw new CliError(
        'No gateway runs here, and metrics.port is 0, which is any: give the address of its health checks with --url.',
      );
    return `http://${connectableHost(metrics.host)}:${metrics.port}`;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message);
    throw error;
  }
};
