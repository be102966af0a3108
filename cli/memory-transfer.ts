/** Export and import from the side of the files: pages into lines, and lines into pages. */
import type { Params } from '../schemas/methods.js';
import { CliError } from './io.js';
import type { MemoryAccess } from './memory-access.js';
import { printableLine } from './terminal.js';

/** Lines of one page or one import: what a message of somebody else may have to wait behind. */
const MAX_LINES = 500;
const IMPORT_BYTES = 256 * 1024;
/** What a request has around its lines. */
const ENVELOPE_BYTES = 256;
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Every page of an export, in order.
 *
 * @param write gets whole lines, each with its line break
 * @returns how many lines there were
 * @throws CliError, with nothing written, where there is nothing of that channel or principal
 */
export const exportLines = async (
  access: MemoryAccess,
  only: Pick<Params<'memory.export'>, 'principal' | 'channel'>,
  write: (text: string, linesSoFar: number) => void,
): Promise<number> => {
  let count = 0;
  for (let after: string | null = null; ; ) {
    const page: { lines: string[]; next: string | null } = await access.request('memory.export', {
      ...only,
      limit: MAX_LINES,
      ...(after === null ? {} : { after }),
    });
    count += page.lines.length;
    // An export begins with a line about itself.
    if (page.next === null && count <= 1) refuseEmpty(only);
    write(page.lines.map((line) => `${line}\n`).join(''), count);
    if (page.next === null) return count;
    after = page.next;
  }
};

const refuseEmpty = ({
  principal,
  channel,
}: Pick<Params<'memory.export'>, 'principal' | 'channel'>): void => {
  const whose = principal === undefined ? '' : ` of the principal ${printableLine(principal)}`;
  // Everybody has that one, also where nobody has used it yet.
  if (channel === 'default' && principal === undefined) return;
  if (channel !== undefined) {
    throw new CliError(
      `There is no channel with the id ${printableLine(channel)}${whose}: \`openclaw channel list\` shows yours.`,
    );
  }
  if (principal !== undefined) throw new CliError(`Nothing is remembered${whose}: check the name.`);
};

interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Null: it is no UTF-8. */
  readonly text: string | null;
}

/**
 * The lines of a file that are not blank. Only a line feed ends one: the other line breaks of Unicode may stand
 * in a JSON string.
 *
 * @throws CliError where one is too long to be a line
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  const line = (bytes: Buffer): Line => {
    number += 1;
    try {
      return { number, text: decoder.decode(bytes) };
    } catch {
      return { number, text: null };
    }
  };
  let parts: Buffer[] = [];
  let partBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const found = line(Buffer.concat([...parts, chunk.subarray(start, end)]));
      if (found.text?.trim() !== '') yield found;
      parts = [];
      partBytes = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    partBytes += chunk.length - start;
    if (partBytes > MAX_LINE_BYTES) {
      throw new CliError(`Line ${number + 1} is no line of an export: it is longer than any.`);
    }
  }
  const last = line(Buffer.concat(parts));
  if (last.text?.trim() !== '') yield last;
}

export interface ImportSummary {
  imported: number;
  /** There already. */
  skipped: number;
  /** Not stored. */
  refused: number;
}

/**
 * Imports lines a page at a time; the order of the lines is kept.
 *
 * @param onRefused a line that was not stored, and why
 * @param onPage after each page, with what has come of everything so far
 */
export const importLines = async (
  access: MemoryAccess,
  lines: AsyncIterable<Line>,
  onRefused: (number: number, why: string) => void,
  onPage: (summary: Readonly<ImportSummary>) => void,
): Promise<ImportSummary> => {
  const summary: ImportSummary = { imported: 0, skipped: 0, refused: 0 };
  const refuse = (number: number, why: string): void => {
    summary.refused += 1;
    onRefused(number, why);
  };
  let page: { readonly number: number; readonly text: string }[] = [];
  let pageBytes = 0;
  const send = async (): Promise<void> => {
    const sent = page;
    page = [];
    pageBytes = 0;
    if (sent.length === 0) return;
    const answer = await access.request('memory.import', { lines: sent.map(({ text }) => text) });
    summary.imported += answer.imported;
    summary.skipped += answer.skipped;
    for (const { line, message } of answer.errors) refuse(sent[line - 1]?.number ?? 0, message);
    onPage(summary);
  };
  for await (const { number, text } of lines) {
    if (text === null) {
      refuse(number, 'it is not UTF-8');
      continue;
    }
    const bytes = Buffer.byteLength(JSON.stringify(text)) + 1;
    if (bytes + ENVELOPE_BYTES > access.maxRequestBytes) {
      refuse(number, 'it is larger than the gateway takes; without a gateway there is no such limit');
      continue;
    }
    if (
      page.length === MAX_LINES ||
      pageBytes + bytes > Math.min(IMPORT_BYTES, access.maxRequestBytes - ENVELOPE_BYTES)
    ) {
      await send();
    }
    page.push({ number, text });
    pageBytes += bytes;
  }
  await send();
  return summary;
};
