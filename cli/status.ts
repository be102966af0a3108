/** `openclaw status gateway`: how the gateway does, once or again and again. */
import type { Command } from 'commander';
import type { Result } from '../schemas/methods.js';
import { withClient } from './connection.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { styleFor, type Terminal } from './terminal.js';
import { followNothing, untilStopped } from './trace.js';

type Status = Result<'system.status'>;

interface StatusOptions extends TargetOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

const REFRESH_SECONDS = 2;
const MIB = 1024 * 1024;

/** Adds the command to `program`. */
export const registerStatus = (program: Command, io: Terminal): void => {
  const status = program.command('status').description('Show how the gateway does');
  addTargetOptions(status.command('gateway', { isDefault: true }))
    .description('Show uptime, connections, messages and memory of the gateway')
    .option('--watch', `again every ${REFRESH_SECONDS} s, in place; Ctrl+C ends it`)
    .option('--json', 'print as JSON; with --watch one object a line')
    .action((_options, command: Command) => show(command.optsWithGlobals<StatusOptions>(), io));
};

const show = (options: StatusOptions, io: Terminal): Promise<void> =>
  withClient(options, io, async (client) => {
    const { watch = false, json = false } = options;
    const ask = () => client.request('system.status', {});
    if (!watch) {
      const status = await ask();
      io.stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : screenOf(status, false, io));
      return;
    }
    await followNothing(client);
    let over = false;
    const stopped = untilStopped(client, io).finally(() => {
      over = true;
    });
    // Looked at in the race below; a failure before that is no unhandled one.
    stopped.catch(() => {});
    for (let drawn = 0; !over; drawn += 1) {
      const status = await Promise.race([ask(), stopped]);
      if (status === undefined) break;
      io.stdout.write(json ? `${JSON.stringify(status)}\n` : inPlace(screenOf(status, true, io), drawn, io));
      await pause(stopped);
    }
  });

/** Until the next look, or until the command is to end. Rejects when the connection ended. */
const pause = async (stopped: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REFRESH_SECONDS * 1000);
  });
  await Promise.race([waited, stopped]).finally(() => clearTimeout(timer));
};

const UP_AND_CLEAR = (lines: number): string => `\u001b[${lines}A\r\u001b[J`;

/** Over the screen before on a terminal, elsewhere below it. */
const inPlace = (screen: string, drawn: number, { stdout, env }: Terminal): string => {
  if (drawn === 0) return screen;
  if (!stdout.isTTY || env.TERM === 'dumb') return `\n${screen}`;
  return UP_AND_CLEAR(screen.split('\n').length - 1) + screen;
};

const count = (value: number): string => value.toLocaleString('en-US');

/** The product's screen, line for line. @param watched whether it is refreshed */
export const screenOf = (status: Status, watched: boolean, io: Terminal): string => {
  const { bold } = styleFor(io);
  const title = watched ? `Gateway Status (refreshing every ${REFRESH_SECONDS}s)` : 'Gateway Status';
  const rows = [
    `Uptime: ${duration(status.uptime_seconds)}`,
    `Active Connections: ${count(status.active_connections)}`,
    `Total Messages: ${count(status.total_messages)}`,
    `Messages/sec: ${status.messages_per_second.toFixed(2)}`,
    `Active Channels: ${count(status.active_channels)}`,
    `Memory Usage: ${count(Math.round(status.memory_bytes / MIB))} MB`,
    `Heartbeat OK: ${count(status.heartbeat_ok)}/${count(status.heartbeat_total)}`,
    `Rate Limit Hits: ${count(status.rate_limit_hits)}`,
  ];
  return [bold(title), '─'.repeat(37), ...rows].map((line) => `${line}\n`).join('');
};

/** `4h 23m 15s`; without the units that are 0 at its beginning. */
const duration = (seconds: number): string => {
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([value]) => value > 0);
  return units
    .slice(first === -1 ? -1 : first)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
};
