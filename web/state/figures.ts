/** The status screen's figures: their names, how they are written, and their course over the last minutes. */
import type { SystemStatusResult } from '../../client/index.js';

/** `4h 23m 15s`, as `openclaw status gateway` writes it. */
export const duration = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  const parts = [
    days > 0 ? `${days}d` : '',
    days + hours > 0 ? `${hours}h` : '',
    whole >= 60 ? `${minutes}m` : '',
    `${whole % 60}s`,
  ];
  return parts.filter(Boolean).join(' ');
};

export const count = (value: number): string => value.toLocaleString('en-US');

/** Bytes for people: `980 B`, `1.5 KB`, `45 MB`. */
export const bytes = (value: number): string => {
  if (value < 1024) return `${value} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let [rest, at] = [value / 1024, 0];
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return `${rest < 10 ? rest.toFixed(1) : Math.round(rest)} ${units[at]}`;
};

/** `240 ms`, `1.2 s`, `2m 5s`. */
export const milliseconds = (value: number): string => {
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return value < 60_000 ? `${(value / 1000).toFixed(1)} s` : duration(value / 1000);
};

export interface Figure {
  readonly label: string;
  readonly value: string;
}

/** In the order, and by the names, of the status screen. */
export const figures = (status: SystemStatusResult): readonly Figure[] => [
  { label: 'Uptime', value: duration(status.uptime_seconds) },
  { label: 'Active Connections', value: count(status.active_connections) },
  { label: 'Total Messages', value: count(status.total_messages) },
  { label: 'Messages/sec', value: status.messages_per_second.toFixed(2) },
  { label: 'Active Channels', value: count(status.active_channels) },
  { label: 'Memory Usage', value: `${Math.round(status.memory_bytes / (1024 * 1024))} MB` },
  { label: 'Heartbeat OK', value: `${count(status.heartbeat_ok)}/${count(status.heartbeat_total)}` },
  { label: 'Rate Limit Hits', value: count(status.rate_limit_hits) },
];

/** One course for each chart; times are seconds since 1970, null: it was not known. */
export interface Course {
  readonly times: readonly number[];
  readonly messagesPerSecond: readonly (number | null)[];
  readonly connections: readonly (number | null)[];
  readonly memoryMib: readonly (number | null)[];
  readonly roundTripMs: readonly (number | null)[];
}

export const NO_COURSE: Course = {
  times: [],
  messagesPerSecond: [],
  connections: [],
  memoryMib: [],
  roundTripMs: [],
};

/** Ten minutes at one every two seconds. */
const MOST_POINTS = 300;

const push = <T>(series: readonly T[], value: T): readonly T[] => [
  ...series.slice(Math.max(0, series.length + 1 - MOST_POINTS)),
  value,
];

/** @param status null: the gateway did not answer, which leaves a gap */
export const withPoint = (
  course: Course,
  atMs: number,
  status: SystemStatusResult | null,
  roundTripMs: number | null,
): Course => ({
  times: push(course.times, atMs / 1000),
  messagesPerSecond: push(course.messagesPerSecond, status?.messages_per_second ?? null),
  connections: push(course.connections, status?.active_connections ?? null),
  memoryMib: push(course.memoryMib, status === null ? null : status.memory_bytes / (1024 * 1024)),
  roundTripMs: push(course.roundTripMs, roundTripMs),
});
