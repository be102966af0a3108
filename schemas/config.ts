/**
 * Every configuration option, once (protocol section 8).
 *
 * The loader checks files, variables and flags against this table, the type {@link Config}
 * follows from it, and `config.example.toml` and `docs/configuration.md` print it.
 */

import {
  ADDRESS_RANGE,
  BASE_URL,
  type BooleanOption,
  boolean,
  type ConfigOption,
  type ConfigValue,
  type EnumOption,
  FILE_PATH,
  HOST,
  HOST_NAME,
  integer,
  isAddressRange,
  isLoopbackUrl,
  isTimeZone,
  MODEL_NAME,
  type NumericOption,
  number,
  ORIGIN,
  oneOf,
  parseUrl,
  type StringsOption,
  string,
  strings,
  TIME_ZONE,
  VARIABLE_NAME,
} from './config-kinds.js';
import {
  isMcpKey,
  MCP_RULES,
  type McpKey,
  type McpServerConfig,
  type McpServersConfig,
  mcpKeysOf,
  mcpOption,
  SKILLS_OPTIONS,
  splitMcpKey,
} from './config-skills.js';

export type { ConfigOption, ConfigValue } from './config-kinds.js';

/** 10⁹: how far limits and heartbeats may be turned up (protocol section 8). */
const BILLION = 1_000_000_000;
const MIB = 1024 * 1024;

export const CONFIG_OPTIONS = {
  'gateway.host': string({
    default: '127.0.0.1',
    rule: HOST,
    reloadable: false,
    reason:
      'The address to listen on. Everything but loopback is reachable by strangers, so it also needs TLS or `insecure`.',
  }),
  'gateway.port': integer({
    default: 18789,
    min: 0,
    max: 65535,
    zero: 'any free port',
    reloadable: false,
    reason: 'The port for WebSocket clients and the web UI.',
  }),
  'gateway.insecure': boolean({
    default: false,
    reloadable: false,
    reason:
      'Allows a non-loopback address without TLS. Tokens then cross the network in the clear: only behind a proxy that ends TLS.',
  }),
  'gateway.heartbeat_interval': number({
    default: 30,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason: 'Time between two pings to a connection. Shorter finds dead clients sooner and costs traffic.',
  }),
  'gateway.heartbeat_timeout': number({
    default: 90,
    derived: { from: 'gateway.heartbeat_interval', factor: 3 },
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason:
      'A connection that answered no ping for this long is closed with 4002. May not be below one `heartbeat_interval`.',
  }),
  'gateway.heartbeat_max_missed': integer({
    default: 3,
    min: 1,
    max: BILLION,
    unit: 'pings',
    reloadable: true,
    reason:
      'This many unanswered pings in a row close a connection with 4002. More forgives clients on bad networks.',
  }),
  'gateway.proactive_notifications': boolean({
    default: true,
    reloadable: true,
    reason: 'Whether pings carry queued notifications. When off, the queue is kept and nothing is lost.',
  }),
  'gateway.timezone': string({
    default: '',
    rule: TIME_ZONE,
    reloadable: true,
    reason:
      'The time zone in which `cron` schedules of notifications run; empty: the system’s. A schedule takes a change over from its next run but one.',
  }),
  'gateway.auth_timeout': number({
    default: 5,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason:
      'Time for a successful `auth.handshake` before close 4001. Longer lets strangers hold connections without a token.',
  }),
  'gateway.max_message_bytes': integer({
    default: MIB,
    min: 1024,
    max: 64 * MIB,
    unit: 'bytes',
    reloadable: false,
    reason:
      'The largest message a client may send; larger closes with 1009. Every connection may make the gateway hold this much.',
  }),
  'gateway.max_connections': integer({
    default: 100_000,
    min: 1,
    max: BILLION,
    unit: 'connections',
    reloadable: true,
    reason:
      'All connections together; beyond, HTTP 503. Never more than the descriptor limit less 256, whatever is set here.',
  }),
  'gateway.max_connections_per_ip': integer({
    default: 1000,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Connections from one address; beyond, HTTP 429. Keeps one host from taking every place; behind a proxy see `trusted_proxies`.',
  }),
  'gateway.max_unauthenticated': integer({
    default: 10_000,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Connections without a handshake yet; beyond, HTTP 503. A flood of strangers then cannot use up `max_connections`.',
  }),
  'gateway.max_unauthenticated_per_ip': integer({
    default: 100,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason: 'The same from one address; beyond, HTTP 429. Behind a proxy see `trusted_proxies`.',
  }),
  'gateway.trusted_proxies': strings({
    default: [],
    rule: ADDRESS_RANGE,
    reloadable: true,
    reason:
      'Proxies, by address or range, that tell the address of a client: by `X-Forwarded-For` or, without TLS here, by the PROXY protocol v2. All limits by address follow what they say, so list only proxies that set it themselves and that strangers cannot reach the gateway past.',
  }),
  'gateway.allowed_origins': strings({
    default: [],
    rule: ORIGIN,
    reloadable: true,
    reason:
      'Web pages that may connect; others get HTTP 403. Empty: only pages served by this gateway. Stops foreign pages from using a browser’s reach.',
  }),
  'gateway.allowed_hosts': strings({
    default: [],
    rule: HOST_NAME,
    reloadable: true,
    reason:
      'Names this gateway answers to, besides loopback names, the bound address and the certificate’s names; others get HTTP 421. Stops DNS rebinding.',
  }),
  'gateway.max_backlog_seconds': number({
    default: 60,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason: 'A connection that took none of its waiting bytes for this long is closed with 1013.',
  }),
  'gateway.max_reply_backlog_bytes': integer({
    default: 4 * MIB,
    min: 1024,
    max: BILLION,
    unit: 'bytes',
    reloadable: true,
    reason:
      'Unsent replies one connection may pile up before close 1013. Bounds the memory a client that asks but never reads can cost.',
  }),
  'gateway.drain_seconds': number({
    default: 20,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'running replies are cut at once',
    reloadable: true,
    reason: 'How long a stopping gateway lets running replies finish before close 1001.',
  }),
  'gateway.rate_limit.enabled': boolean({
    default: true,
    reloadable: true,
    reason:
      'Whether messages are limited per connection. Off, one client can take all of the gateway’s time.',
  }),
  'gateway.rate_limit.messages_per_second': number({
    default: 10,
    min: 0.01,
    max: BILLION,
    unit: 'messages per second',
    reloadable: true,
    reason: 'How fast a connection’s allowance refills.',
  }),
  'gateway.rate_limit.messages_per_minute': integer({
    default: 200,
    min: 1,
    max: BILLION,
    unit: 'messages per minute',
    reloadable: true,
    reason: 'The most a connection gets through in any 60 seconds, however it spreads them.',
  }),
  'gateway.rate_limit.burst_size': integer({
    default: 20,
    min: 1,
    max: BILLION,
    unit: 'messages',
    reloadable: true,
    reason:
      'Messages a connection may send at once. More refused messages than this in one cooldown close it with 4003.',
  }),
  'gateway.rate_limit.cooldown_seconds': number({
    default: 60,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'no cooldown: only the message over the limit is refused',
    reloadable: true,
    reason:
      'How long every message is refused after the limit was hit. Makes ignoring the limit cost more than heeding it.',
  }),
  'gateway.tls.enabled': boolean({
    default: false,
    reloadable: false,
    reason: 'Serves wss:// and https://. Always on in production, unless a proxy ends TLS.',
  }),
  'gateway.tls.cert_path': string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason:
      'The certificate chain, PEM. Needed with `enabled`. A renewed file is taken by itself within seconds; connections stay.',
  }),
  'gateway.tls.key_path': string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason: 'The private key, PEM; readable by the gateway’s user alone. Needed with `enabled`.',
  }),
  'gateway.tls.min_version': oneOf(['1.2', '1.3'], {
    default: '1.2',
    reloadable: true,
    reason: 'The oldest TLS version to accept. 1.3 shuts out clients from before 2018.',
  }),
  'chat.detached_timeout': number({
    default: 120,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'cancelled as soon as nobody follows',
    reloadable: true,
    reason:
      'How long a reply goes on with nobody following it. Longer forgives lost networks; shorter saves tokens nobody reads.',
  }),
  'memory.recall_tokens': integer({
    default: 2000,
    min: 0,
    max: BILLION,
    unit: 'tokens',
    zero: 'nothing is recalled',
    reloadable: true,
    reason:
      'How much of a channel’s past the model sees with each message. More remembers better and costs more.',
  }),
  'memory.compact_after_messages': integer({
    default: 200,
    min: 0,
    max: BILLION,
    unit: 'messages',
    zero: 'never',
    reloadable: true,
    reason:
      'Messages and replies that may stand behind a channel’s summary; beyond, the older half is summarized, and stays. Fewer leave less that only a search finds; more ask the provider less often. The default is several times what `recall_tokens` shows of the last turns.',
  }),
  'memory.retention_days': integer({
    default: 0,
    min: 0,
    max: 36_500,
    unit: 'days',
    zero: 'kept for ever',
    reloadable: true,
    reason:
      'Older messages are removed with their replies, in the background, from the disk as well. Shorter keeps less that could leak.',
  }),
  'memory.max_channel_messages': integer({
    default: 0,
    min: 0,
    max: BILLION,
    unit: 'messages',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Messages and replies one channel keeps; beyond, the oldest are removed in the background. Bounds the disk a channel takes.',
  }),
  'memory.embeddings.enabled': boolean({
    default: false,
    reloadable: false,
    reason:
      'Whether recall and search find by meaning, too, and not by words alone. Every message, reply and query is then sent to `base_url`.',
  }),
  'memory.embeddings.base_url': string({
    default: '',
    rule: BASE_URL,
    reloadable: false,
    reason:
      'Where an OpenAI-compatible `/embeddings` is, without that last part. Needed with `enabled`. `http:` only to this machine, or see `insecure`.',
  }),
  'memory.embeddings.model': string({
    default: '',
    rule: MODEL_NAME,
    reloadable: false,
    reason:
      'The model that makes the vectors, by its name at the endpoint. Needed with `enabled`. Another one makes all vectors anew, in the background.',
  }),
  'memory.embeddings.api_key_env': string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: false,
    reason:
      'The environment variable that holds the key for the endpoint; empty: no key. The key itself never stands in this file.',
  }),
  'memory.embeddings.api_key_file': string({
    default: '',
    rule: FILE_PATH,
    reloadable: false,
    reason: 'A file that holds nothing but the key, instead of `api_key_env`; empty: no file.',
  }),
  'memory.embeddings.insecure': boolean({
    default: false,
    reloadable: false,
    reason:
      'Allows `http:` to another machine. Texts and key then cross the network in the clear: only inside a network of your own.',
  }),
  'memory.embeddings.dimensions': integer({
    default: 0,
    min: 0,
    max: 8192,
    unit: 'numbers',
    zero: 'as many as the model gives',
    reloadable: false,
    reason:
      'How long a vector the model is asked for, which not every model heeds. Shorter takes less disk (4 bytes a number) and tells less apart.',
  }),
  'memory.embeddings.min_similarity': number({
    default: 0.3,
    min: 0,
    max: 1,
    zero: 'everything that is not opposite in meaning is a match',
    reloadable: false,
    reason:
      'Texts that are less similar to a query (cosine) are no matches. Models differ: raise it where unrelated texts are found.',
  }),
  'memory.embeddings.timeout_seconds': number({
    default: 30,
    min: 0.1,
    max: 600,
    unit: 'seconds',
    reloadable: false,
    reason:
      'How long one request to the endpoint may take. A query waits one second at most and then goes by words alone.',
  }),
  'reasoning.provider': oneOf(['embedded'], {
    default: 'embedded',
    reloadable: false,
    reason: 'What writes the replies. `embedded` needs no network and no key.',
  }),
  'reasoning.embedded.chunk_delay_ms': number({
    default: 15,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    zero: 'as fast as it can',
    reloadable: true,
    reason: 'Pause between two chunks of the embedded provider, so that streaming can be seen.',
  }),
  ...SKILLS_OPTIONS,
  'metrics.host': string({
    default: '127.0.0.1',
    rule: HOST,
    reloadable: false,
    reason:
      'The address where health checks are answered: `/healthz` (it is alive) and `/readyz` (it takes clients).',
  }),
  'metrics.port': integer({
    default: 18790,
    min: 0,
    max: 65535,
    zero: 'any free port',
    reloadable: false,
    reason: 'The port of health checks, apart from the clients’, so that a firewall can tell them apart.',
  }),
  'log.level': oneOf(['trace', 'debug', 'info', 'warn', 'error'], {
    default: 'info',
    reloadable: true,
    reason:
      'The least severe entries that are written to standard error. So far those are what fails (`error`), a certificate that expires soon (`warn`) and one that was renewed (`info`).',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;

/** The sections of the file, in its order, each with what it is about. */
export const CONFIG_SECTIONS: Readonly<Record<string, string>> = {
  gateway: 'Listening, heartbeats and the limits that hold for every connection.',
  'gateway.rate_limit': 'How many messages one connection may send.',
  'gateway.tls': 'Encryption of the clients’ port.',
  chat: 'Conversations.',
  memory: 'What a channel remembers.',
  'memory.embeddings': 'Recall and search by meaning, with vectors from a model of your choice.',
  reasoning: 'Where replies come from.',
  'reasoning.embedded': 'The provider that comes with the gateway.',
  skills: 'What a model may ask for.',
  'skills.mcp':
    'Servers of the Model Context Protocol, whose tools are skills. Each has a section of its own, `[skills.mcp.NAME]`, with a name of your choice, and the keys below.',
  metrics: 'The operators’ own port.',
  log: 'The structured log on standard error.',
};

type Options = typeof CONFIG_OPTIONS;
/** A dotted key such as `gateway.rate_limit.burst_size`. */
export type ConfigKey = keyof Options | McpKey;

type ValueOf<O> =
  O extends EnumOption<infer V>
    ? V
    : O extends NumericOption
      ? number
      : O extends BooleanOption
        ? boolean
        : O extends StringsOption
          ? readonly string[]
          : string;
type Head<K> = K extends `${infer H}.${string}` ? H : K;
type Under<T, H extends string> = { [K in keyof T as K extends `${H}.${infer Rest}` ? Rest : never]: T[K] };
type Nested<T> = {
  readonly [H in Head<keyof T> & string]: H extends keyof T ? ValueOf<T[H]> : Nested<Under<T, H>>;
};

/** The whole configuration, nested and named like the file: `config.gateway.rate_limit.burst_size`. */
export type Config = Nested<Options> & { readonly skills: { readonly mcp: McpServersConfig } };

/** The keys that every configuration has. */
export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly (keyof Options)[];

/** The keys of this configuration: every option, and those of the MCP servers it names. */
export const configKeys = (config: Config): readonly ConfigKey[] => [
  ...CONFIG_KEYS,
  ...Object.keys(config.skills.mcp).flatMap(mcpKeysOf),
];

/** Whether `key` is an option’s dotted key; names inherited from Object are not. */
export const isConfigKey = (key: string): key is ConfigKey =>
  Object.hasOwn(CONFIG_OPTIONS, key) || isMcpKey(key);

/** The table’s entry for `key`, under the type they all share. */
export const configOption = (key: ConfigKey): ConfigOption =>
  isMcpKey(key) ? mcpOption(key) : CONFIG_OPTIONS[key];

/**
 * Completes checked values to a configuration: what is missing takes its default, or what that derives from.
 * The result is deeply frozen.
 */
export function buildConfig(values: ReadonlyMap<ConfigKey, ConfigValue>): Config {
  const valueFor = (key: ConfigKey): ConfigValue => {
    const set = values.get(key);
    if (set !== undefined) return set;
    const option = configOption(key);
    if (!('derived' in option)) return option.default;
    const { from, factor } = option.derived;
    return Number(isConfigKey(from) ? valueFor(from) : Number.NaN) * factor;
  };
  type Tree = { [name: string]: ConfigValue | Tree };
  const sections = new Map<string, Tree>([['', {}]]);
  const section = (name: string): Tree => {
    const known = sections.get(name);
    if (known !== undefined) return known;
    const made: Tree = {};
    sections.set(name, made);
    section(parentOf(name))[lastOf(name)] = made;
    return made;
  };
  section('skills.mcp');
  const servers = new Set([...values.keys()].flatMap((key) => splitMcpKey(key)?.server ?? []));
  for (const key of [...CONFIG_KEYS, ...[...servers].flatMap(mcpKeysOf)]) {
    section(parentOf(key))[lastOf(key)] = valueFor(key);
  }
  for (const made of sections.values()) Object.freeze(made);
  return section('') as unknown as Config;
}

/** Reads one option’s value out of a configuration. */
export function configValue(config: Config, key: ConfigKey): ConfigValue {
  let node: unknown = config;
  for (const name of key.split('.')) node = (node as Readonly<Record<string, unknown>>)[name];
  return node as ConfigValue;
}

/** `gateway.tls.enabled` → `gateway.tls`; a name at the root → the empty string. */
export const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('.')));

/** `gateway.tls.enabled` → `enabled`. */
export const lastOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/** Writes a value as TOML 1.0 does; the same text is JSON. */
export const formatConfigValue = (value: ConfigValue): string =>
  // JSON leaves DEL as it is, TOML forbids it (TOML 1.0, "String").
  typeof value === 'object'
    ? `[${value.map(formatConfigValue).join(', ')}]`
    : JSON.stringify(value).replaceAll('\u007f', '\\u007f');

/** What must hold between options. */
export interface ConfigRule {
  /** The options it compares; the first is the one to change. */
  readonly keys: readonly [ConfigKey, ...ConfigKey[]];
  /** The rule as a clause, for the documents. */
  readonly summary: string;
  /** One sentence without a full stop where the rule is broken, else null. */
  readonly problem: (config: Config) => string | null;
}

/** The rules that hold for this configuration: those between options, and those within each MCP server's section. */
export const configRules = ({ skills }: Config): readonly ConfigRule[] => [
  ...CONFIG_RULES,
  ...Object.keys(skills.mcp).flatMap((name) =>
    MCP_RULES.map(({ options: [first, ...others], summary, problem }): ConfigRule => {
      const at = (option: keyof McpServerConfig): McpKey => `skills.mcp.${name}.${option}`;
      return {
        keys: [at(first), ...others.map(at)],
        summary,
        problem: (config) => {
          const server = config.skills.mcp[name];
          return server === undefined ? null : problem(server, at);
        },
      };
    }),
  ),
];

export const CONFIG_RULES: readonly ConfigRule[] = [
  {
    keys: ['gateway.heartbeat_timeout', 'gateway.heartbeat_interval'],
    summary: '`gateway.heartbeat_timeout` is at least `gateway.heartbeat_interval`',
    problem: ({ gateway }) =>
      gateway.heartbeat_timeout < gateway.heartbeat_interval
        ? `gateway.heartbeat_timeout must be at least gateway.heartbeat_interval (${gateway.heartbeat_interval} seconds), but is ${gateway.heartbeat_timeout}`
        : null,
  },
  {
    keys: ['gateway.timezone'],
    summary: '`gateway.timezone` is empty or a time zone that Node.js knows',
    problem: ({ gateway: { timezone } }) =>
      timezone === '' || isTimeZone(timezone)
        ? null
        : `gateway.timezone must be a time zone such as "Europe/Berlin", or empty for the system’s, but is ${JSON.stringify(timezone)}`,
  },
  {
    keys: ['gateway.trusted_proxies'],
    summary:
      'each of `gateway.trusted_proxies` is an IPv4 or IPv6 address, or a range of at most 32 or 128 bits',
    problem: ({ gateway: { trusted_proxies } }) => {
      const bad = trusted_proxies.find((range) => !isAddressRange(range));
      return bad === undefined
        ? null
        : `gateway.trusted_proxies must hold IP addresses or ranges such as "10.0.0.0/8", but holds ${JSON.stringify(bad)}`;
    },
  },
  ...(['gateway.tls.cert_path', 'gateway.tls.key_path'] as const).map(
    (key): ConfigRule => ({
      keys: [key, 'gateway.tls.enabled'],
      summary: `\`gateway.tls.enabled = true\` needs \`${key}\``,
      problem: (config) =>
        config.gateway.tls.enabled && configValue(config, key) === ''
          ? `${key} must name a file because gateway.tls.enabled is true, but is empty`
          : null,
    }),
  ),
  ...(['memory.embeddings.base_url', 'memory.embeddings.model'] as const).map(
    (key): ConfigRule => ({
      keys: [key, 'memory.embeddings.enabled'],
      summary: `\`memory.embeddings.enabled = true\` needs \`${key}\``,
      problem: (config) =>
        config.memory.embeddings.enabled && configValue(config, key) === ''
          ? `${key} must be set because memory.embeddings.enabled is true, but is empty`
          : null,
    }),
  ),
  {
    keys: ['memory.embeddings.base_url', 'memory.embeddings.insecure'],
    summary:
      '`memory.embeddings.base_url` is a URL; with `http:` it leads to this machine, or `memory.embeddings.insecure` is true',
    problem: ({ memory: { embeddings } }) => {
      if (embeddings.base_url === '') return null;
      const url = parseUrl(embeddings.base_url);
      if (url === null)
        return `memory.embeddings.base_url must be ${BASE_URL.expected}, but is something else`;
      return url.protocol === 'https:' || isLoopbackUrl(url) || embeddings.insecure
        ? null
        : 'memory.embeddings.base_url must begin with https: because it leads to another machine, or memory.embeddings.insecure must be true';
    },
  },
  {
    keys: ['memory.embeddings.api_key_env', 'memory.embeddings.api_key_file'],
    summary: 'at most one of `memory.embeddings.api_key_env` and `memory.embeddings.api_key_file` is set',
    problem: ({ memory: { embeddings } }) =>
      embeddings.api_key_env !== '' && embeddings.api_key_file !== ''
        ? 'memory.embeddings.api_key_env must be empty where memory.embeddings.api_key_file names a file, but both are set'
        : null,
  },
  {
    keys: ['metrics.port', 'gateway.port', 'metrics.host', 'gateway.host'],
    summary: '`metrics.port` differs from `gateway.port` on the same host',
    problem: ({ metrics, gateway }) =>
      metrics.port !== 0 && metrics.port === gateway.port && metrics.host === gateway.host
        ? `metrics.port must differ from gateway.port, but both are ${metrics.port}`
        : null,
  },
];
