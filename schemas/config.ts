/**
 * Every configuration option, once (protocol section 8).
 *
 * The loader checks files, variables and flags against this table, the type {@link Config}
 * follows from it, and `config.example.toml` and `docs/configuration.md` print it.
 */

import { CHAT_OPTIONS } from './config-chat.js';
import { GATEWAY_OPTIONS } from './config-gateway.js';
import type {
  BooleanOption,
  ConfigOption,
  ConfigValue,
  CountOption,
  EnumOption,
  NumericOption,
  StringsOption,
} from './config-kinds.js';
import { MEMORY_OPTIONS } from './config-memory.js';
import { OPERATIONS_OPTIONS } from './config-operations.js';
import { REASONING_OPTIONS } from './config-reasoning.js';
import {
  isMcpKey,
  type McpKey,
  type McpServersConfig,
  mcpKeysOf,
  mcpOption,
  SKILLS_OPTIONS,
  splitMcpKey,
} from './config-skills.js';

export type { ConfigOption, ConfigValue } from './config-kinds.js';
export { CONFIG_RULES, configRules } from './config-rules.js';

export const CONFIG_OPTIONS = {
  ...GATEWAY_OPTIONS,
  ...CHAT_OPTIONS,
  ...MEMORY_OPTIONS,
  ...REASONING_OPTIONS,
  ...SKILLS_OPTIONS,
  ...OPERATIONS_OPTIONS,
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
  'reasoning.fallback.first': 'Who is asked next where the provider fails.',
  'reasoning.fallback.second': 'And who behind that one.',
  'reasoning.embedded': 'The provider that comes with the gateway.',
  skills: 'What a model may ask for.',
  'skills.mcp':
    'Servers of the Model Context Protocol, whose tools are skills. Each has a section of its own, `[skills.mcp.NAME]`, with a name of your choice, and the keys below.',
  metrics: 'The operators’ own port.',
  log: 'The structured log on standard output.',
  telemetry: 'Spans for a collector of OpenTelemetry.',
};

type Options = typeof CONFIG_OPTIONS;
/** A dotted key such as `gateway.rate_limit.burst_size`. */
export type ConfigKey = keyof Options | McpKey;

type ValueOf<O> =
  O extends EnumOption<infer V>
    ? V
    : O extends CountOption<infer W>
      ? number | W
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
