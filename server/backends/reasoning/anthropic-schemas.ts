/**
 * Input schemas of tools as Anthropic takes them. It refuses a whole request for one tool with a property of a name that
 * it does not like, so those are called otherwise for the model, and called back in what it asks for.
 */
import { createHash } from 'node:crypto';
import type { ToolCall, ToolDefinition } from './port.js';

type Schema = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const FOREIGN = /[^a-zA-Z0-9_.-]/g;
/** In front of the digits of a hash. */
const MAX_KEPT_CHARS = 50;
/** Schemas with these at their top are refused. What they would refuse, the skill does. */
const REFUSED_AT_TOP: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);
/** Hold values and no schemas. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/** The same name always has the same; digits of its hash tell it from others. */
const taken = (name: string): string => {
  if (NAME.test(name)) return name;
  const digits = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.replaceAll(FOREIGN, '_').slice(0, MAX_KEPT_CHARS)}_${digits}`;
};

const renamed = (names: unknown): unknown =>
  Array.isArray(names) ? names.map((name) => (typeof name === 'string' ? taken(name) : name)) : names;

/** Within an argument names are not changed: an object that has such a name is described as any object. */
const within = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(within);
  if (!isObject(value)) return value;
  const { properties } = value;
  const isDescribed = !isObject(properties) || Object.keys(properties).every((name) => NAME.test(name));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword]) => isDescribed || (keyword !== 'properties' && keyword !== 'required'))
      .map(([keyword, inner]) => [keyword, VALUES.has(keyword) ? inner : within(inner)]),
  );
};

/** A tool's schema with names that are taken. */
export const anthropicSchema = (parameters: Schema): Schema & { readonly type: 'object' } => {
  const { properties, required, ...others } = parameters;
  const kept = Object.entries(others).filter(([keyword]) => !REFUSED_AT_TOP.has(keyword));
  return {
    ...(within(Object.fromEntries(kept)) as Schema),
    ...(isObject(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, schema]) => [taken(name), within(schema)]),
          ),
        }
      : {}),
    ...(required === undefined ? {} : { required: renamed(required) }),
    type: 'object',
  };
};

/** Calls as the skills know their arguments. */
export const namedBack = (
  calls: readonly ToolCall[],
  tools: readonly ToolDefinition[],
): readonly ToolCall[] =>
  calls.map((call) => {
    const properties = tools.find(({ name }) => name === call.name)?.parameters.properties;
    const names = isObject(properties) ? Object.keys(properties).filter((name) => !NAME.test(name)) : [];
    if (names.length === 0) return call;
    const original = new Map(names.map((name) => [taken(name), name]));
    return { ...call, argumentsJson: withNames(call.argumentsJson, original) };
  });

/** What is no object stays as it is: whoever gets it says so. */
const withNames = (json: string, names: ReadonlyMap<string, string>): string => {
  let args: unknown;
  try {
    args = JSON.parse(json);
  } catch {
    return json;
  }
  if (!isObject(args)) return json;
  return JSON.stringify(
    Object.fromEntries(Object.entries(args).map(([name, value]) => [names.get(name) ?? name, value])),
  );
};
