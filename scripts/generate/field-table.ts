/** A schema's members as a Markdown table: one row a member, nested ones by their path. */
import type { JsonSchema } from './schema.js';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly about: string;
}

const typeOf = (schema: JsonSchema): string => {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'array')
    return `array of ${schema.items?.enum ? 'any of ' : ''}${typeOf(schema.items ?? {})}`;
  return schema.type ?? 'any JSON';
};

const range = (minimum: number | undefined, maximum: number | undefined, unit: string): string => {
  if (minimum === undefined && maximum === undefined) return '';
  if (unit !== '' && minimum === 1 && maximum === undefined) return 'not empty';
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}${unit}`;
  return minimum !== undefined ? `at least ${minimum}${unit}` : `at most ${maximum}${unit}`;
};

/** `^[A-Za-z0-9._:-]{1,64}$` says it all to who reads patterns; the words are for everybody else. */
const patternOf = (pattern: string): string => {
  const [, set, least, most] = /^\^(\[[^\]]+\])\{(\d+),(\d+)\}\$$/.exec(pattern) ?? [];
  return set === undefined ? `matches \`${pattern}\`` : `${least}–${most} of \`${set}\``;
};

const aboutOf = (schema: JsonSchema): string => {
  const limits = [
    schema.pattern === undefined ? '' : patternOf(schema.pattern),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minimum, schema.maximum, ''),
    schema.maxItems === undefined ? '' : `at most ${schema.maxItems} items`,
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
  ].filter((text) => text !== '');
  const sentence = limits.length > 0 ? `${limits.join(', ')}.` : '';
  return [sentence, schema.description ?? ''].filter((text) => text !== '').join(' ');
};

const rowsOf = (schema: JsonSchema, prefix: string): readonly Row[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const row = {
      path,
      type: typeOf(member),
      required: schema.required?.includes(name) ?? false,
      about: aboutOf(member),
    };
    const nested =
      member.type === 'array' ? rowsOf(member.items ?? {}, `${path}[].`) : rowsOf(member, `${path}.`);
    return [row, ...nested];
  });

/** A text as one cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The lines of a Markdown table. */
export const markdownTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
};

/** The table of an object schema's members; the word “none” where it has none. */
export const fieldTable = (title: string, schema: JsonSchema): readonly string[] => {
  const rows = rowsOf(schema, '');
  if (rows.length === 0) return [`${title}: none.`, ''];
  const cells = rows.map(({ path, type, required, about }) => [
    `\`${path}\``,
    type,
    required ? 'yes' : '',
    about,
  ]);
  return [
    ...markdownTable(
      [title, 'type', title === 'params' ? 'required' : 'always', 'limits and meaning'],
      cells,
    ),
    '',
  ];
};
