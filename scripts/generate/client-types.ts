/** What the client library knows of the method table: plain types, so that its users need no TypeBox, and a few names. */
import type { Method } from '../../schemas/define.js';
import {
  CLIENT_METHODS,
  GENERATED_MARK,
  type JsonSchema,
  type Output,
  plain,
  SERVER_NOTIFICATIONS,
} from './schema.js';

/** The library calls these itself. */
const OWN = ['auth.', 'heartbeat.'];

const CALLED = CLIENT_METHODS.filter(([name]) => !OWN.some((prefix) => name.startsWith(prefix)));

/** `chat.send` is `ChatSend`, `system.notify_cancel` is `SystemNotifyCancel`. */
const typeName = (name: string): string =>
  name
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const prefixOf = (name: string): string => name.slice(0, name.indexOf('.'));
const lastOf = (name: string): string => name.slice(name.indexOf('.') + 1);

const comment = (text: string, indent: string): string => `${indent}/** ${text} */\n`;

/** Members of an object type, one a line. */
const membersOf = ({ properties = {}, required = [] }: JsonSchema, indent: string): string =>
  Object.entries(properties)
    .map(([name, member]) => {
      const about = member.description === undefined ? '' : comment(member.description, indent);
      const optional = required.includes(name) ? '' : '?';
      return `${about}${indent}${name}${optional}: ${typeOf(member, indent)};\n`;
    })
    .join('');

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

const objectOf = (schema: JsonSchema, indent: string): string => {
  if (schema.properties === undefined) return 'Record<string, unknown>';
  const open = schema.additionalProperties === true ? ' & Record<string, unknown>' : '';
  return `{\n${membersOf(schema, `${indent}  `)}${indent}}${open}`;
};

const typeOf = (schema: JsonSchema, indent: string): string => {
  if (schema.anyOf !== undefined) return union(schema.anyOf.map((branch) => typeOf(branch, indent)));
  if (schema.enum !== undefined) return union(schema.enum.map((value) => `'${value}'`));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  switch (schema.type) {
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent);
      return item.includes(' | ') && !item.endsWith('}') ? `(${item})[]` : `${item}[]`;
    }
    case 'object':
      return objectOf(schema, indent);
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    default:
      return 'unknown';
  }
};

const isEmpty = ({ properties = {} }: JsonSchema): boolean => Object.keys(properties).length === 0;

const declare = (name: string, schema: JsonSchema): string =>
  isEmpty(schema)
    ? `export type ${name} = Record<string, never>;\n`
    : `export type ${name} = ${objectOf(schema, '')};\n`;

const resultOf = ([name, { result }]: readonly [string, Method]): JsonSchema => {
  if (result === null) throw new Error(`${name} has no result; a method that clients call needs one.`);
  return plain(result);
};

const declarationsOf = (entry: readonly [string, Method]): string => {
  const [name, { summary, params }] = entry;
  const about = comment(`\`${name}\`: ${summary}.`, '');
  const type = typeName(name);
  return `${about}${declare(`${type}Params`, plain(params))}${about}${declare(`${type}Result`, resultOf(entry))}`;
};

const methodLine = ([name, { summary, params }]: readonly [string, Method]): string => {
  const type = typeName(name);
  const optional = (plain(params).required ?? []).length === 0 ? '?' : '';
  return (
    comment(`${summary}.`, '  ') +
    `  ${lastOf(name)}(params${optional}: ${type}Params, options?: CallOptions): Promise<${type}Result>;\n`
  );
};

const namespaceOf = (prefix: string): string => {
  const methods = CALLED.filter(([name]) => prefixOf(name) === prefix);
  return `export interface ${typeName(prefix)}Methods {\n${methods.map(methodLine).join('')}}\n`;
};

const constant = (name: string, about: string, values: readonly string[]): string =>
  `${comment(about, '')}export const ${name}: readonly string[] = [\n${values.map((value) => `  '${value}',\n`).join('')}];\n`;

/** `schemas/generated/client.ts`. */
export const buildClientTypes = (): readonly Output[] => {
  const handshake = CLIENT_METHODS.filter(([name]) => name === 'auth.handshake');
  const prefixes = [...new Set(CALLED.map(([name]) => prefixOf(name)))];
  const withFlag = (flag: 'once' | 'event') =>
    CALLED.filter(([, spec]) => spec[flag] !== undefined).map(([name]) => name);
  const text = [
    `// ${GENERATED_MARK}\n`,
    comment('What every call takes besides its params.', ''),
    'export interface CallOptions {\n',
    comment('Gives the call up: its promise rejects with the signal’s reason.', '  '),
    '  readonly signal?: AbortSignal;\n}\n',
    ...[...handshake, ...CALLED].map(declarationsOf),
    ...SERVER_NOTIFICATIONS.map(
      ([name, params]) =>
        comment(`Params of the notification \`${name}\`.`, '') +
        declare(`${typeName(name)}Event`, plain(params)),
    ),
    comment('Params and result of each method that can be called.', ''),
    'export interface Requests {\n',
    ...CALLED.map(
      ([name]) => `  '${name}': { params: ${typeName(name)}Params; result: ${typeName(name)}Result };\n`,
    ),
    '}\n',
    comment('Params of each notification that the gateway sends.', ''),
    'export interface ServerEvents {\n',
    ...SERVER_NOTIFICATIONS.map(([name]) => `  '${name}': ${typeName(name)}Event;\n`),
    '}\n',
    ...prefixes.map(namespaceOf),
    comment('The methods by their prefix.', ''),
    'export interface Methods {\n',
    ...prefixes.map((prefix) => `  readonly ${prefix}: ${typeName(prefix)}Methods;\n`),
    '}\n',
    constant(
      'CALLABLE',
      'Every method that can be called.',
      CALLED.map(([name]) => name),
    ),
    constant('ONCE', 'Methods of which twice is not the same as once.', withFlag('once')),
    constant('WATCHING', 'Methods that ask for notifications of the same name.', withFlag('event')),
  ];
  return [{ path: 'schemas/generated/client.ts', text: text.join('') }];
};
