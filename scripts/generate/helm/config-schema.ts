/** The chart's value `config` as JSON Schema, from the table of options: a mistake is found before anything is installed. */
import {
  CONFIG_KEYS,
  CONFIG_SECTIONS,
  type ConfigOption,
  configOption,
  lastOf,
  parentOf,
} from '../../../schemas/config.js';
import type { TextRule } from '../../../schemas/config-kinds.js';
import { MCP_OPTIONS } from '../../../schemas/config-skills.js';

export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a listener in a container cannot be: nobody could be told which port was free. */
const PORTS: ReadonlySet<string> = new Set(['gateway.port', 'metrics.port']);
const SERVERS = 'skills.mcp';
const SERVER_NAME = '^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$';
/** How often a pattern may repeat something in Go's regular expressions, which Helm judges by. */
const MOST_REPEATS = 1000;

/** An object that knows these properties and no others. */
export const closed = (
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema => ({
  type: 'object',
  description,
  additionalProperties: false,
  properties,
});

const text = ({ pattern, unspoken }: TextRule): JsonSchema => {
  const repeats = [...pattern.source.matchAll(/\{\d+,(\d+)\}/g)].map(([, most]) => Number(most));
  if (repeats.some((most) => most > MOST_REPEATS)) return { type: 'string' };
  const rule = { pattern: pattern.source.replaceAll('\\0', '\\x00') };
  // Of a pattern that does not match, the text is repeated; of a `not`, nothing: it may be a secret in the wrong place.
  return { type: 'string', ...(unspoken ? { not: { not: rule } } : rule) };
};

const number = (type: string, { min, max }: { min: number; max: number }): JsonSchema => ({
  type,
  minimum: min,
  maximum: max,
});

const allowedBy = (option: ConfigOption): JsonSchema => {
  switch (option.type) {
    case 'integer':
    case 'number':
      return number(option.type, option);
    case 'count':
      return { anyOf: [number('integer', option), { const: option.word }] };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { enum: option.values };
    case 'string':
      return text(option.rule);
    case 'strings':
      return { type: 'array', items: text(option.rule) };
  }
};

const schemaOf = (key: string, option: ConfigOption): JsonSchema => {
  const value = allowedBy(option);
  return { ...value, ...(PORTS.has(key) ? { minimum: 1 } : {}), description: option.reason };
};

const sectionOf = (section: string): JsonSchema => {
  const options = CONFIG_KEYS.filter((key) => parentOf(key) === section).map((key) => [
    lastOf(key),
    schemaOf(key, configOption(key)),
  ]);
  const sections = childrenOf(section).map((child) => [lastOf(child), sectionOf(child)]);
  const schema = closed(
    CONFIG_SECTIONS[section] ?? 'Sections of their own.',
    Object.fromEntries([...options, ...sections]),
  );
  if (section !== SERVERS) return schema;
  const server = Object.entries(MCP_OPTIONS).map(([name, option]) => [name, schemaOf(name, option)]);
  return {
    ...schema,
    patternProperties: { [SERVER_NAME]: closed('One server.', Object.fromEntries(server)) },
  };
};

/** Sections directly below, also those that stand for nothing but their own sections, such as `reasoning.fallback`. */
const childrenOf = (section: string): readonly string[] => {
  const prefix = section === '' ? '' : `${section}.`;
  const names = Object.keys(CONFIG_SECTIONS)
    .filter((name) => name.startsWith(prefix) && name !== section)
    .map((name) => name.slice(prefix.length).split('.', 1)[0]);
  return [...new Set(names)].map((name) => `${prefix}${name}`);
};

export const configSchema = (): JsonSchema => sectionOf('');
