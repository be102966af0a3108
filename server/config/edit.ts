/** One value put into a configuration file's text, with its comments and layout left alone. */
import { parse, parseDocument, patch } from '@decimalturn/toml-patch';
import {
  type ConfigKey,
  type ConfigValue,
  formatConfigValue,
  lastOf,
  parentOf,
} from '../../schemas/config.js';
import { formatKey } from './quote.js';
import { isTable, type KeyValue, keyValues, parseToml } from './toml.js';

/**
 * Sets `key` in a TOML text: where it stands already, else in its section however that is
 * written, else in a new section at the end. Every result is parsed again before it is taken.
 *
 * @returns the new text; null where no way was found that changes this key and nothing else.
 * @throws TomlSyntaxError where `text` is not TOML.
 */
export function setInText(text: string, key: ConfigKey, value: ConfigValue): string | null {
  const before = meaningOf(text);
  const wanted = new Map(before).set(key, JSON.stringify(value));
  for (const edit of before.has(key) ? CHANGES : ADDITIONS) {
    const edited = attempt(() => edit(text, key, value));
    if (edited === null || !means(edited, wanted)) continue;
    if (edit === overValue || keepsComments(text, edited)) return edited;
  }
  return null;
}

/** Null: not this way. */
type Edit = (text: string, key: ConfigKey, value: ConfigValue) => string | null;

/** The value's own text is replaced; comments between a list's members go with them. */
const overValue: Edit = (text, key, value) => {
  const old = find(text, key)?.value.loc;
  return old === undefined ? null : splice(text, old.start, old.end, formatConfigValue(value));
};

/** Below the last key of the section's `[header]`, indented like it. */
const underHeader: Edit = (text, key, value) => {
  const header = parseDocument(text).cst.find(
    (block) => block.type === 'Table' && formatKey(block.key.item.value) === parentOf(key),
  );
  if (header?.type !== 'Table') return null;
  const last = header.items.findLast((row) => row.type === 'KeyValue');
  return insertBelow(
    text,
    (last ?? header).loc.start.line,
    (last ?? header.key).loc.end.line,
    lastOf(key),
    value,
  );
};

/** Behind the last member of the innermost inline table around the key. */
const intoInlineTable: Edit = (text, key, value) => {
  for (let section = parentOf(key); section !== ''; section = parentOf(section)) {
    const table = find(text, section)?.value;
    if (table?.type !== 'InlineTable') continue;
    const addition = `${key.slice(section.length + 1)} = ${formatConfigValue(value)}`;
    const last = table.items.at(-1)?.item.loc;
    if (last !== undefined) return splice(text, last.end, last.end, `, ${addition}`);
    return splice(text, table.loc.start, table.loc.end, `{ ${addition} }`);
  }
  return null;
};

/** Below the last dotted key that begins like this one, in the same style. */
const besideDottedKey: Edit = (text, key, value) => {
  const names = key.split('.');
  const siblings = [...keyValues(parseDocument(text).cst)].flatMap(({ path, node }) => {
    const depth = path.length - node.key.value.length;
    const begins = formatKey(path.slice(0, depth + 1)) === formatKey(names.slice(0, depth + 1));
    return begins && node.key.value.length > 1 ? [{ node, depth }] : [];
  });
  const sibling = siblings.at(-1);
  if (sibling === undefined) return null;
  const { start, end } = sibling.node.loc;
  return insertBelow(text, start.line, end.line, names.slice(sibling.depth).join('.'), value);
};

const newSection: Edit = (text, key, value) => {
  const newLine = newLineOf(text);
  const head = isBlank(text) || text.endsWith('\n') ? text : `${text}${newLine}`;
  const assignment = `${lastOf(key)} = ${formatConfigValue(value)}`;
  return `${head}${isBlank(head) ? '' : newLine}[${parentOf(key)}]${newLine}${assignment}${newLine}`;
};

/** By the library: it knows every layout, but moves some comments and rewrites some headers. */
const byPatch: Edit = (text, key, value) => {
  const root: { [name: string]: unknown } = parse(text);
  let table = root;
  for (const name of parentOf(key).split('.')) {
    const below = table[name];
    table = table[name] = isTable(below) ? below : {};
  }
  table[lastOf(key)] = value;
  return patch(text, root);
};

/** A list's members are changed one by one, so that their comments stay. */
const memberByMember: Edit = (text, key, value) =>
  typeof value === 'object' ? byPatch(text, key, value) : null;

const CHANGES: readonly Edit[] = [memberByMember, overValue];
const ADDITIONS: readonly Edit[] = [underHeader, intoInlineTable, besideDottedKey, newSection, byPatch];

function find(text: string, key: string): KeyValue | undefined {
  for (const { path, node } of keyValues(parseDocument(text).cst)) if (formatKey(path) === key) return node;
  return undefined;
}

/** A place in the syntax tree: lines count from 1, columns from 0 and not the byte order mark. */
type Position = KeyValue['loc']['start'];

const splice = (text: string, start: Position, end: Position, by: string): string =>
  text.slice(0, offsetOf(text, start)) + by + text.slice(offsetOf(text, end));

function offsetOf(text: string, { line, column }: Position): number {
  let offset = text.startsWith('\uFEFF') ? 1 : 0;
  for (let above = 1; above < line; above++) offset = text.indexOf('\n', offset) + 1;
  return offset + column;
}

/** A new line below line `end` (from 1), indented like line `start`. */
function insertBelow(text: string, start: number, end: number, name: string, value: ConfigValue): string {
  const lines = text.split('\n');
  const newLine = newLineOf(text);
  const indent = /^[ \t]*/.exec(lines[start - 1] ?? '')?.[0] ?? '';
  const line = `${indent}${name} = ${formatConfigValue(value)}`;
  if (end === lines.length) return `${text}${newLine}${line}${newLine}`;
  // The carriage return of a CRLF stands before the split.
  lines.splice(end, 0, `${line}${newLine.slice(0, -1)}`);
  return lines.join('\n');
}

const isBlank = (text: string): boolean => text === '' || text === '\uFEFF';

const newLineOf = (text: string): string => (/\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n');

/** The library throws where it meets what it cannot lay out; that is one way that does not work. */
function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}

/** What a text says, comparable: each entry's key and value. Empty sections say nothing. */
function meaningOf(text: string): Map<string, string> {
  const meaning = new Map<string, string>();
  for (const { path, value } of parseToml(text).entries) {
    const said = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member));
    if (said !== '{}') meaning.set(formatKey(path), said);
  }
  return meaning;
}

function means(text: string, wanted: ReadonlyMap<string, string>): boolean {
  const meaning = attempt(() => meaningOf(text));
  return meaning?.size === wanted.size && [...meaning].every(([key, said]) => wanted.get(key) === said);
}

const keepsComments = (before: string, after: string): boolean => {
  const kept = commentsOf(after);
  return commentsOf(before).every((comment) => kept.includes(comment));
};

function commentsOf(text: string): readonly string[] {
  const comments: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && node.type === 'Comment' && 'raw' in node) comments.push(String(node.raw));
    else Object.values(node).forEach(visit);
  };
  visit(parseDocument(text).cst);
  return comments;
}
