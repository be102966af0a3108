/** What commands see of the process, and how text is made fit for a terminal. */
import type { Readable } from 'node:stream';
import type { Io, Output } from './io.js';

/** Everything a command may touch outside itself; `main.ts` supplies the process's own. */
export interface Terminal extends Io {
  readonly stdin: Readable & {
    readonly isTTY?: boolean;
    /** Of a terminal: whether each key arrives by itself and unseen, instead of lines. */
    setRawMode?(isRaw: boolean): unknown;
  };
  readonly stdout: Output & {
    /** Of a terminal: its width in characters. */
    readonly columns?: number;
    readonly rows?: number;
    on?(event: 'resize', listener: () => void): unknown;
    off?(event: 'resize', listener: () => void): unknown;
  };
  /** Calls `listener` for each of the signals until the returned function is called. */
  onSignal(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void;
  /** From now on nobody has to read what is written for the program to go on. */
  goOnUnheard(): void;
  /** The terminal that the program was started on has been closed. */
  terminalIsGone(): boolean;
  /** Ends the process at once, whatever is under way. */
  exitNow(status: number): never;
}

interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const PLAIN: Style = { bold: (text) => text, dim: (text) => text };
const COLOURED: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
};

/** Emphasis on a terminal, nothing elsewhere; https://no-color.org and `TERM=dumb` switch it off. */
export const styleFor = ({ stdout, env }: Io): Style =>
  stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? COLOURED : PLAIN;

/** Marks that turn the direction of writing: what a terminal shows would not be what stands there. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from elsewhere for a terminal: without the control characters that would command it. Lines and tabs stay. */
export const printable = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n\t]/gu, '').replaceAll(DIRECTIONS, '');

/** The same for a text that has to stay on one line. */
export const printableLine = (text: string): string =>
  text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(DIRECTIONS, '');

/** Lays rows out in columns, two spaces apart, under a heading; every cell on one line. */
export const formatTable = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { bold }: Style,
): string => {
  const cells = rows.map((row) => row.map(printableLine));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [bold(line(headings)), ...cells.map(line)].map((text) => `${text}\n`).join('');
};

/** `2026-03-20T10:15:23.000Z` → `2026-03-20 10:15:23Z`, for tables. */
export const shortTime = (timestamp: string): string => timestamp.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
