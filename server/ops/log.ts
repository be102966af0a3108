/** The structured log: one JSON object a line, or one readable line each on a terminal. Never a message's text, a token or a key. */
import pino, { type DestinationStream, type Logger } from 'pino';

export type Log = Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
}

const HIDDEN = new Set(['time', 'level', 'msg', 'pid', 'hostname']);

/** `21:07:03 warn  what happened  key=value` */
const readable = (json: string): string => {
  const line = JSON.parse(json) as Line & Record<string, unknown>;
  const level = (pino.levels.labels[line.level] ?? 'info').padEnd(5);
  const time = new Date(line.time).toTimeString().slice(0, 8);
  const rest = Object.entries(line)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `  ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${time} ${level} ${line.msg}${rest.join('')}\n`;
};

/** Logs to standard error, which leaves standard output to what a command prints. */
export const createLog = (level: LogLevel, stream: NodeJS.WriteStream = process.stderr): Log => {
  const destination: DestinationStream = {
    write: (json) => void stream.write(stream.isTTY ? readable(json) : json),
  };
  return pino({ level, base: null }, destination);
};

/** What may be logged of an error from inside: its kind and sentence, no stack of paths and no cause. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
