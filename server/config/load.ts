/**
 * The configuration a gateway runs with (protocol section 8): flag, else variable, else file,
 * else default. Everything wrong with any of them is reported at once, and nothing is guessed.
 */
import {
  buildConfig,
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  type ConfigValue,
  configKeys,
  configRules,
  isConfigKey,
  lastOf,
} from '../../schemas/config.js';
import { serverNameProblem, splitMcpKey } from '../../schemas/config-skills.js';
import { ConfigError } from './errors.js';
import { nearestKey } from './nearest.js';
import { formatKey, quote } from './quote.js';
import { readConfigText } from './read-file.js';
import { isTable, parseToml, TomlSyntaxError, type TomlText } from './toml.js';
import { type Checked, checkText, checkValue } from './values.js';

/** Where a value came from. */
export type Origin =
  | { readonly source: 'default' }
  | { readonly source: 'file'; readonly file: string }
  | { readonly source: 'environment'; readonly variable: string }
  | { readonly source: 'flag'; readonly flag: string };

export interface LoadOptions {
  /** The file of the home directory; read unless `file` is given, and may be missing. */
  readonly home: { readonly configFile: string };
  /** The process's environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file named by `--config` or `OPENCLAW_CONFIG`; must exist. */
  readonly file?: string | undefined;
  /** Values of flags as typed, by dotted key: `{'gateway.port': '18789'}` for `--port 18789`. */
  readonly flags?: Readonly<Record<string, string>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was looked for. */
  readonly file: string;
  readonly fileExists: boolean;
  readonly origins: ReadonlyMap<ConfigKey, Origin>;
}

/**
 * Loads, checks and completes the configuration.
 *
 * @throws ConfigError with a sentence for each problem.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = options.file ?? options.home.configFile;
  const text = readConfigText(file);
  if (text === null && options.file !== undefined) {
    throw new ConfigError([
      `The configuration file ${file} does not exist; create it, or leave out --config and OPENCLAW_CONFIG.`,
    ]);
  }
  const draft = new Draft();
  if (text !== null) addFile(draft, file, text);
  addEnvironment(draft, options.env);
  addFlags(draft, options.flags ?? {});
  return { config: draft.finish(), file, fileExists: text !== null, origins: draft.origins };
}

/**
 * Checks a text as if it were the whole configuration.
 *
 * @param file its name in the problems.
 * @throws ConfigError with a sentence for each problem.
 */
export function checkConfigText(file: string, text: string): Config {
  const draft = new Draft();
  addFile(draft, file, text);
  return draft.finish();
}

/** The variable that stands for a key: `gateway.tls.enabled` → `OPENCLAW_GATEWAY__TLS__ENABLED`. */
export const variableOf = (key: ConfigKey): string => `OPENCLAW_${key.toUpperCase().replaceAll('.', '__')}`;

/** Says that a key is unknown, and which one may have been meant. */
export function unknownKey(key: string): string {
  const server = splitMcpKey(key)?.server ?? '';
  const wrongName = server === '' ? null : serverNameProblem(server);
  if (wrongName !== null) return `${quote(server)} is no name for an MCP server: ${wrongName}.`;
  const nearest = nearestKey(key);
  return `${key} is not a known key${nearest === null ? '; `openclaw config list` shows them all.' : `; did you mean ${nearest}?`}`;
}

/** Values on their way to a configuration, from the weakest source to the strongest. */
class Draft {
  readonly origins = new Map<ConfigKey, Origin>();
  readonly #values = new Map<ConfigKey, ConfigValue>();
  readonly #placeOf = new Map<ConfigKey, () => string>();
  readonly #faulty = new Set<ConfigKey>();
  readonly #problems: string[] = [];
  #byFlag = false;

  constructor() {
    for (const key of CONFIG_KEYS) this.origins.set(key, { source: 'default' });
  }

  /** Takes a value; `place` names where it stands, and is asked for only if there is a problem. */
  take(key: ConfigKey, checked: Checked, origin: Origin, place: () => string): void {
    if ('problem' in checked) {
      this.#faulty.add(key);
      this.refuse(place(), `${checked.problem}.`, origin.source);
      return;
    }
    this.#values.set(key, checked.value);
    this.origins.set(key, origin);
    this.#placeOf.set(key, place);
  }

  refuse(place: string, sentence: string, source?: Origin['source']): void {
    if (source === 'flag') this.#byFlag = true;
    this.#problems.push(`${place}: ${sentence}`);
  }

  finish(): Config {
    const config = buildConfig(this.#values);
    for (const { keys, problem } of configRules(config)) {
      if (keys.some((key) => this.#faulty.has(key))) continue;
      const sentence = problem(config);
      if (sentence === null) continue;
      const place = keys.map((key) => this.#placeOf.get(key)).find((known) => known !== undefined);
      this.refuse(place?.() ?? 'configuration', `${sentence}.`);
    }
    for (const key of configKeys(config))
      if (!this.origins.has(key)) this.origins.set(key, { source: 'default' });
    if (this.#problems.length > 0) throw new ConfigError(this.#problems, this.#byFlag);
    return config;
  }
}

function addFile(draft: Draft, file: string, text: string): void {
  let toml: TomlText;
  try {
    toml = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    draft.refuse(`${file}:${error.line}`, `not valid TOML at column ${error.column}: ${error.message}.`);
    return;
  }
  const origin: Origin = { source: 'file', file };
  for (const { path, value } of toml.entries) {
    const key = formatKey(path);
    const place = (): string => {
      const line = toml.lineOf(path);
      return line === undefined ? file : `${file}:${line}`;
    };
    if (isConfigKey(key)) draft.take(key, checkValue(key, value), origin, place);
    else if (!isSection(key)) draft.refuse(place(), unknownKey(key));
    else if (!isTable(value)) draft.refuse(place(), `${key} must be a section, written [${key}].`);
    else if (isServerSection(key)) draft.refuse(place(), `${key} must have command or url, but is empty.`);
  }
}

const isSection = (key: string): boolean =>
  key === 'skills.mcp' || isServerSection(key) || CONFIG_KEYS.some((known) => known.startsWith(`${key}.`));

const isServerSection = (key: string): boolean => {
  const parts = splitMcpKey(key);
  return parts !== null && parts.option === '' && serverNameProblem(parts.server) === null;
};

function addEnvironment(draft: Draft, env: LoadOptions['env']): void {
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith('OPENCLAW_') || !variable.includes('__')) continue;
    const key = variable.slice('OPENCLAW_'.length).toLowerCase().replaceAll('__', '.');
    const origin: Origin = { source: 'environment', variable };
    if (isConfigKey(key) && variable === variableOf(key))
      draft.take(key, checkText(key, text), origin, () => variable);
    else refuseVariable(draft, variable, key);
  }
}

/** Never prints the value: a variable nobody knows may hold a secret. */
function refuseVariable(draft: Draft, variable: string, key: string): void {
  const nearest = nearestKey(key);
  const hint =
    nearest === null ? '`openclaw config list` shows them all.' : `did you mean ${variableOf(nearest)}?`;
  const name = variable.length > 80 ? quote(variable) : variable;
  draft.refuse(name, `this variable stands for no known key (${formatKey(key.split('.'))}); ${hint}`);
}

function addFlags(draft: Draft, flags: Readonly<Record<string, string>>): void {
  for (const [key, text] of Object.entries(flags)) {
    const flag = `--${lastOf(key).replaceAll('_', '-')}`;
    if (isConfigKey(key)) draft.take(key, checkText(key, text), { source: 'flag', flag }, () => flag);
    else draft.refuse(flag, unknownKey(key));
  }
}
