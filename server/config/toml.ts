/** TOML text to a flat list of entries, and the line of each for error messages. */
import { parse, parseDocument, type TomlDocument } from '@decimalturn/toml-patch';
import { formatKey, printable } from './quote.js';

/** A leaf of the file: its key's parts, and its value as the parser gives it. An empty section is one too. */
export interface Entry {
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface TomlText {
  readonly entries: readonly Entry[];
  /** The line, from 1, on which a key or section stands first; undefined where it does not. */
  lineOf(path: readonly string[]): number | undefined;
}

/** The text is not TOML; the message is a clause that says why. `line` and `column` count from 1. */
export class TomlSyntaxError extends Error {
  override readonly name = 'TomlSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** The parser's time grows with the square of a dotted key's parts: 16 000 of them take it 14 seconds. */
const MAX_LINE_CHARACTERS = 4096;
/** No known key is deeper; what is deeper is reported as a whole. */
const MAX_DEPTH = 4;

/**
 * Parses TOML 1.1, with or without a byte order mark. Tables come out without a prototype, so
 * that a key such as `constructor` is a key like any other.
 *
 * @throws TomlSyntaxError
 */
export function parseToml(text: string): TomlText {
  refuseLongLines(text);
  let root: unknown;
  try {
    // Not the document's own object: that one loses keys named `__proto__`.
    root = parse(text);
  } catch (error) {
    throw asSyntaxError(error);
  }
  let lines: ReadonlyMap<string, number> | undefined;
  return {
    entries: flatten(root, []),
    lineOf(path) {
      lines ??= keyLines(parseDocument(text).cst);
      return lines.get(formatKey(path));
    },
  };
}

function refuseLongLines(text: string): void {
  const index = text.split('\n').findIndex((line) => line.length > MAX_LINE_CHARACTERS);
  if (index === -1) return;
  throw new TomlSyntaxError(`the line is longer than ${MAX_LINE_CHARACTERS} characters`, index + 1, 1);
}

/** Whether a parsed value is a table: its entries are options or sections, not a value. */
export const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function flatten(table: unknown, path: readonly string[]): Entry[] {
  const members = isTable(table) ? Object.entries(table) : [];
  if (!isTable(table) || path.length === MAX_DEPTH || (members.length === 0 && path.length > 0)) {
    return [{ path, value: table }];
  }
  return members.flatMap(([name, value]) => flatten(value, [...path, name]));
}

function asSyntaxError(error: unknown): TomlSyntaxError {
  if (error instanceof RangeError) return new TomlSyntaxError('it is nested too deeply', 1, 1);
  const { message, line, column } = error as { message?: unknown; line?: unknown; column?: unknown };
  // The message is: "Error parsing TOML (2, 1):", the line, a caret below the place, and the reason.
  const [reason = ''] = String(message).split('\n').slice(-1);
  return new TomlSyntaxError(
    printable(reason.charAt(0).toLowerCase() + reason.slice(1)),
    typeof line === 'number' ? line : 1,
    typeof column === 'number' ? column + 1 : 1,
  );
}

type Block = TomlDocument['cst'][number];
/** `key = value` in the syntax tree. */
export type KeyValue = Extract<Block, { key: unknown; value: unknown }>;

/** Every `key = value` of the syntax tree, in inline tables too, with the whole path of its key; in order. */
export function* keyValues(blocks: readonly Block[]): Generator<{ path: readonly string[]; node: KeyValue }> {
  for (const block of blocks) {
    if (block.type === 'KeyValue') yield* inKeyValue(block, []);
    if (block.type !== 'Table' && block.type !== 'TableArray') continue;
    for (const row of block.items) if (row.type === 'KeyValue') yield* inKeyValue(row, block.key.item.value);
  }
}

function* inKeyValue(node: KeyValue, above: readonly string[]): ReturnType<typeof keyValues> {
  const path = [...above, ...node.key.value];
  yield { path, node };
  if (node.value.type !== 'InlineTable' || path.length >= MAX_DEPTH) return;
  for (const { item } of node.value.items) yield* inKeyValue(item, path);
}

function keyLines(blocks: readonly Block[]): ReadonlyMap<string, number> {
  const places = Array.from(keyValues(blocks), ({ path, node }) => ({ path, line: node.loc.start.line }));
  for (const block of blocks) {
    if (block.type !== 'Table' && block.type !== 'TableArray') continue;
    places.push({ path: block.key.item.value, line: block.loc.start.line });
  }
  const lines = new Map<string, number>();
  for (const { path, line } of places) {
    // `a.b.c = 1` is where `a` and `a.b` stand too.
    for (let depth = 1; depth <= Math.min(path.length, MAX_DEPTH); depth++) {
      const key = formatKey(path.slice(0, depth));
      lines.set(key, Math.min(line, lines.get(key) ?? line));
    }
  }
  return lines;
}
