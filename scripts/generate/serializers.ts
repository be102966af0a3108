/**
 * The serializers of every result and every notification: fast-json-stringify's standalone code
 * as one ES module that needs nothing but that library's own small runtime.
 */
import { build } from 'fast-json-stringify';
import {
  CLIENT_METHODS,
  GENERATED_MARK,
  identifier,
  type JsonSchema,
  type Output,
  plain,
  SERVER_NOTIFICATIONS,
} from './schema.js';

type Mutable = { -readonly [K in keyof JsonSchema]: JsonSchema[K] } & { nullable?: boolean };

const mapValues = (record: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(record).map(([key, schema]) => [key, forOutput(schema)]));

/**
 * What a serializer needs to know of a schema, and no more: limits do not change the output.
 * An enum without a type would be written by the slow general path; a union would need Ajv at
 * run time; and the pattern `^.*$` of a record leaves out keys with a line break.
 */
const forOutput = (schema: JsonSchema): JsonSchema => {
  if (schema.anyOf !== undefined) {
    const [only, ...more] = schema.anyOf.filter((branch) => branch.type !== 'null');
    if (only === undefined || more.length > 0)
      throw new Error('A union other than “or null” cannot be serialized.');
    return { ...forOutput(only), nullable: true } as JsonSchema;
  }
  if (schema.patternProperties !== undefined) return {};
  if (schema.enum !== undefined) {
    if (!schema.enum.every((value) => typeof value === 'string'))
      throw new Error('An enum holds more than strings.');
    return { type: 'string' };
  }
  const kept: Mutable = {};
  if (schema.type !== undefined) kept.type = schema.type;
  if (schema.const !== undefined) kept.const = schema.const;
  if (schema.required !== undefined) kept.required = schema.required;
  if (schema.properties !== undefined) kept.properties = mapValues(schema.properties);
  if (schema.items !== undefined) kept.items = forOutput(schema.items);
  if (schema.additionalProperties === true) kept.additionalProperties = true;
  return kept;
};

interface Standalone {
  /** The same in every serializer of one version of the library. */
  readonly prelude: string;
  /** A function expression that returns the serializer. */
  readonly factory: string;
}

const standaloneOf = (name: string, schema: JsonSchema): Standalone => {
  const options = { mode: 'standalone' } as const;
  const code = build(forOutput(schema) as Parameters<typeof build>[0], options) as unknown as string;
  const parts =
    /module\.exports = function anonymous\(validator,serializer\n\) \{([\s\S]*?JSON_STR_NULL = 'null'\n)([\s\S]*)\}\(validator, serializer\)\s*$/.exec(
      code,
    );
  if (parts?.[1] === undefined || parts[2] === undefined || !code.includes('const validator = null')) {
    throw new Error(`fast-json-stringify's code for ${name} is not as expected; adapt this generator.`);
  }
  // From how many items on an array is copied for JSON.stringify depends on the Node.js that generates:
  // 8 or 128. What is committed must not, so it is always the slower one's.
  const body = parts[2].replace(/arrayLength >= (\w+)/g, (_, items: string) => {
    if (items !== '8' && items !== '128')
      throw new Error(`${name}: an array is copied from ${items} items on.`);
    return 'arrayLength >= 128';
  });
  const tidy = (text: string): string =>
    text
      .replace(/[ \t]+$/gm, '')
      .replace(/\n{2,}/g, '\n')
      .trim();
  return {
    prelude: tidy(parts[1]),
    factory: `// ${name}\nconst ${identifier(name)} = (() => {\n${tidy(body)}\n})();\n`,
  };
};

/** Where a method has the same name, its notification gets another one in the code. */
const notificationName = (name: string): string =>
  CLIENT_METHODS.some(([method]) => method === name) ? `${name}.event` : name;

const table = (
  variable: string,
  names: readonly string[],
  nameInCode: (name: string) => string = (name) => name,
): string => {
  const entries = names.map((name) => `  '${name}': ${identifier(nameInCode(name))},\n`).join('');
  return `export const ${variable} = Object.freeze({\n  __proto__: null,\n${entries}});\n`;
};

const declarations = `// ${GENERATED_MARK}
import type { ClientMethod, Notified, Result, ServerNotification } from '../methods.js';

/**
 * The JSON of each method's result, by method name. Members that the method table does not name
 * are left out. @throws Error where a required member is undefined or a number is NaN.
 */
export declare const resultSerializers: { readonly [N in ClientMethod]: (result: Result<N>) => string };

/** The JSON of each notification's params, by method name; otherwise like {@link resultSerializers}. */
export declare const notificationSerializers: { readonly [N in ServerNotification]: (params: Notified<N>) => string };
`;

/** `schemas/generated/serializers.js` and its types. @throws where a schema has no fast serializer. */
export const buildSerializers = (): readonly Output[] => {
  const results = CLIENT_METHODS.map(([name, { result }]) => {
    if (result === null) throw new Error(`${name} has no result; a method that clients call needs one.`);
    return standaloneOf(name, plain(result));
  });
  const notifications = SERVER_NOTIFICATIONS.map(([name, params]) =>
    standaloneOf(notificationName(name), plain(params)),
  );
  const all = [...results, ...notifications];
  const [prelude, ...others] = new Set(all.map((standalone) => standalone.prelude));
  if (others.length > 0)
    throw new Error("fast-json-stringify's code no longer starts alike; adapt this generator.");
  const text = [
    `// ${GENERATED_MARK}\n`,
    "import Serializer from 'fast-json-stringify/lib/serializer.js';\n",
    `\nconst serializer = new Serializer();\n${prelude}\n\n`,
    ...all.map(({ factory }) => factory),
    '\n',
    table(
      'resultSerializers',
      CLIENT_METHODS.map(([name]) => name),
    ),
    '\n',
    table(
      'notificationSerializers',
      SERVER_NOTIFICATIONS.map(([name]) => name),
      notificationName,
    ),
  ].join('');
  return [
    { path: 'schemas/generated/serializers.js', text },
    { path: 'schemas/generated/serializers.d.ts', text: declarations },
  ];
};
