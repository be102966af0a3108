/** The command line of the load suite. */
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { PARAMETER_NAMES, type ParameterName, parameterInfo } from './parameters.js';
import { type Pinning, pinApart } from './pinning.js';
import type { Scenario } from './scenario.js';
import { SERVERS, type ServerName } from './target.js';
import { UsageError } from './usage-error.js';

export type Parameters = Readonly<Record<ParameterName, number>>;

/** Where results go besides standard output; null: nowhere. */
export interface Outputs {
  readonly jsonFile: string | null;
  readonly htmlFile: string | null;
  readonly svgFile: string | null;
}

/** A running server instead of one that is started. */
export interface Running {
  readonly url: string;
  readonly token: string;
  readonly pid: number | null;
}

export interface LoadOptions {
  readonly scenario: Scenario;
  /** Those that the scenario takes; the others are NaN. */
  readonly parameters: Parameters;
  readonly sizes: readonly number[] | null;
  /** What is started, one after the other; the first is what is measured, the second what it is measured against. */
  readonly servers: readonly ServerName[];
  readonly running: Running | null;
  readonly processes: number;
  readonly pinning: Pinning | null;
  readonly nodeFlags: readonly string[];
}

export type Command =
  | { readonly do: 'help'; readonly scenario: Scenario | null }
  | { readonly do: 'run'; readonly options: LoadOptions; readonly outputs: Outputs }
  /** One file, or two to compare. */
  | { readonly do: 'show'; readonly files: readonly string[]; readonly outputs: Outputs };

const FLAGS = {
  scenario: { type: 'string' },
  sizes: { type: 'string' },
  server: { type: 'string' },
  against: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
  pid: { type: 'string' },
  processes: { type: 'string' },
  pin: { type: 'boolean', default: false },
  'node-flag': { type: 'string', multiple: true },
  json: { type: 'string' },
  html: { type: 'string' },
  svg: { type: 'string' },
  show: { type: 'boolean', default: false },
  compare: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const PARAMETER_FLAGS = Object.fromEntries(
  PARAMETER_NAMES.map((name) => [parameterInfo(name).flag, { type: 'string' }] as const),
);

/** @param env where `OPENCLAW_TOKEN` may be @throws UsageError */
export const readCommand = (
  args: readonly string[],
  scenarios: readonly Scenario[],
  env: NodeJS.ProcessEnv = {},
): Command => {
  const { values, numbers, positionals } = parse(args);
  const scenario = scenarios.find(({ name }) => name === values.scenario) ?? null;
  if (values.help) return { do: 'help', scenario };
  const outputs = {
    jsonFile: readOutput('json', values.json),
    htmlFile: readOutput('html', values.html),
    svgFile: readOutput('svg', values.svg),
  };
  if (values.show || values.compare) {
    const wanted = values.compare ? 2 : 1;
    if (positionals.length !== wanted) {
      throw new UsageError(
        values.compare
          ? '--compare takes two files of results: --compare A.json B.json.'
          : '--show takes one file of a result: --show A.json.',
      );
    }
    return { do: 'show', files: positionals, outputs };
  }
  if (positionals.length > 0) throw new UsageError(`${positionals[0]} is no option: --help lists them.`);
  const names = scenarios.map(({ name }) => name).join(', ');
  if (scenario === null) throw new UsageError(`Name a scenario with --scenario: ${names}.`);
  const sizes = readSizes(values.sizes, scenario);
  const running = readRunning(values, env);
  const parameters = readParameters(numbers, scenario, sizes, running);
  if (values.pin && running !== null) {
    throw new UsageError('--pin is for a server that is started here: leave it out with --url.');
  }
  const pinning = values.pin ? pinApart(parameters.workers) : null;
  const options: LoadOptions = {
    scenario,
    parameters,
    sizes,
    servers: readServers(values, running),
    running,
    processes:
      number('processes', values.processes, { whole: true }) ??
      pinning?.clientCores ??
      availableParallelism(),
    pinning,
    nodeFlags: values['node-flag'] ?? [],
  };
  return { do: 'run', options, outputs };
};

const parse = (args: readonly string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...FLAGS, ...PARAMETER_FLAGS } as typeof FLAGS,
      strict: true,
      allowPositionals: true,
    });
    return {
      values,
      positionals,
      numbers: values as unknown as Readonly<Record<string, string | undefined>>,
    };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}. --help lists the options.`);
  }
};

type Values = ReturnType<typeof parse>['values'];

const readParameters = (
  numbers: Readonly<Record<string, string | undefined>>,
  { name: scenarioName, defaults }: Scenario,
  sizes: readonly number[] | null,
  running: Running | null,
): Parameters => {
  const read = (name: ParameterName): number => {
    const { flag, whole, zero, ofServer } = parameterInfo(name);
    const given = number(flag, numbers[flag], { whole, zero: zero === true });
    const preset = defaults[name];
    if (preset === undefined && given !== null) {
      throw new UsageError(`${scenarioName} takes no --${flag}: see --scenario ${scenarioName} --help.`);
    }
    if (ofServer === true && given !== null && running !== null) {
      throw new UsageError(`--${flag} is told a server that is started here: leave it out with --url.`);
    }
    if (name === 'connections' && sizes !== null) return Math.max(...sizes);
    return given ?? preset ?? Number.NaN;
  };
  return Object.fromEntries(PARAMETER_NAMES.map((name) => [name, read(name)])) as Parameters;
};

const readSizes = (text: string | undefined, { name, grows }: Scenario): number[] | null => {
  if (text === undefined) return null;
  if (!grows) throw new UsageError(`${name} takes no --sizes: rpc does.`);
  const sizes = text.split(',').map((part) => number('sizes', part.trim(), { whole: true }) as number);
  if (sizes.some((size, at) => at > 0 && size <= (sizes[at - 1] as number))) {
    throw new UsageError('--sizes are numbers of connections that grow, such as 100,1000,10000.');
  }
  return sizes;
};

const readServers = ({ server, against }: Values, running: Running | null): ServerName[] => {
  if (running !== null) {
    if (server !== undefined || against !== undefined) {
      throw new UsageError(
        '--server and --against start a server, --url uses a running one: leave one of them out.',
      );
    }
    return [];
  }
  const known = (flag: string, name: string): ServerName => {
    const found = SERVERS.find((one) => one === name);
    if (found === undefined) throw new UsageError(`--${flag} is one of ${SERVERS.join(', ')}.`);
    return found;
  };
  const first = known('server', server ?? 'gateway');
  return against === undefined ? [first] : [first, known('against', against)];
};

const readRunning = (values: Values, env: NodeJS.ProcessEnv): Running | null => {
  const { url, token, 'token-file': tokenFile, pid } = values;
  if (url === undefined) {
    if (token !== undefined || tokenFile !== undefined || pid !== undefined) {
      throw new UsageError('--token, --token-file and --pid belong to --url: name the gateway as well.');
    }
    return null;
  }
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new UsageError('--url is a ws: or wss: URL, such as ws://127.0.0.1:18789.');
  }
  if (token !== undefined && tokenFile !== undefined) {
    throw new UsageError('--token and --token-file say the same: leave one of them out.');
  }
  const text = token ?? (tokenFile === undefined ? env.OPENCLAW_TOKEN : readToken(tokenFile));
  if (text === undefined || text === '') {
    throw new UsageError('--url needs a token: name its file with --token-file, or set OPENCLAW_TOKEN.');
  }
  return { url, token: text, pid: number('pid', pid, { whole: true }) };
};

/** Where it can be written is looked at now, and not when there is a result to lose. */
const readOutput = (flag: string, path: string | undefined): string | null => {
  if (path === undefined) return null;
  const folder = dirname(path);
  if (path === '' || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--${flag} names a file in a folder that exists, and ${folder} is none.`);
  }
  return path;
};

const readToken = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new UsageError(`The token file ${path} cannot be read: name another with --token-file.`);
  }
};

/** Null where it was not given. */
const number = (
  flag: string,
  text: string | undefined,
  { whole = false, zero = false }: { whole?: boolean; zero?: boolean },
): number | null => {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || (value === 0 && !zero)) {
    throw new UsageError(
      `--${flag} is a number ${zero ? 'not below' : 'above'} 0, not ${text === '' ? 'empty' : text}.`,
    );
  }
  if (whole && !Number.isSafeInteger(value)) {
    throw new UsageError(`--${flag} is a whole number, not ${text}.`);
  }
  return value;
};
