/** The structured log: one JSON object a line, or one readable line each on a terminal. Never a message's text, a token or a key. */
import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './log-level.js';

export type Log = Logger;

/** Where the log is written. */
export interface LogOutput {
  write(text: string): unknown;
  /** Whether a person is watching. */
  readonly isTTY?: boolean;
}

interface Line {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
}

const SHOWN_BEFORE = new Set(['time', 'level', 'msg']);
/** A terminal would obey these. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const PLAIN = /^[\x21\x23-\x7e]+$/;

const printable = (text: string): string =>
  text.replace(CONTROLS, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);

const shown = (value: unknown): string =>
  typeof value === 'string' && PLAIN.test(value) ? value : printable(JSON.stringify(value));

/** `21:07:03 warn  what happened  key=value` */
const readable = (json: string): string => {
  const line = JSON.parse(json) as Line & Record<string, unknown>;
  const level = (pino.levels.labels[line.level] ?? 'info').padEnd(5);
  const time = new Date(line.time).toTimeString().slice(0, 8);
  const rest = Object.entries(line)
    .filter(([key]) => !SHOWN_BEFORE.has(key))
    .map(([key, value]) => `  ${key}=${shown(value)}`);
  return `${time} ${level} ${printable(line.msg)}${rest.join('')}\n`;
};

export const createLog = (level: LogLevel, output: LogOutput = process.stdout): Log => {
  const destination: DestinationStream = {
    write: (json) => void output.write(output.isTTY ? readable(json) : json),
  };
  return pino({ level, base: null }, destination);
};

/** What may be logged of an error from inside: its kind and sentence, no stack of paths and no cause. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
