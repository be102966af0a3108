/** `openclaw notify`: tells a principal's clients something, now or at a time. */
import type { Command } from 'commander';
import type { Gateway } from '../client/node.js';
import type { Params, Result } from '../schemas/methods.js';
import { AuthInputError, parseDurationMs } from '../server/auth/scopes.js';
import { withClient } from './connection.js';
import { CliError } from './io.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { formatTable, printableLine, shortTime, styleFor, type Terminal } from './terminal.js';

type Listed = Result<'system.notifications'>['notifications'][number];

interface ListOptions extends TargetOptions {
  readonly principal?: string;
  readonly json?: boolean;
}

interface NotifyOptions extends ListOptions {
  readonly type: string;
  readonly client?: string;
  readonly in?: string;
  readonly at?: string;
  readonly cron?: string;
}

/** The gateway's greatest page. */
const PAGE = 200;

/** Adds the command to `program`. */
export const registerNotify = (program: Command, io: Terminal): void => {
  const print = (json: boolean | undefined, data: unknown, text: string) =>
    io.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : text);
  const notify = addTargetOptions(program.command('notify'))
    .description('Tell a principal’s clients something, now or at a time')
    .argument('<message>', 'what to tell them')
    .option('--type <type>', 'reminder, skill, alert or a word of your own', 'reminder')
    .option('--principal <principal>', 'whom to tell; left out: your own')
    .option('--client <id>', 'only the client of this id; left out: all')
    .option('--in <duration>', 'not before, such as 90s, 10m, 12h or 30d')
    .option('--at <time>', 'not before, such as 2026-03-20T15:00 or 2026-03-20T14:00:00Z')
    .option('--cron <expression>', 'again and again, such as "0 9 * * 1-5"')
    .option('--json', 'print as JSON')
    .action(async (message: string, _options, command: Command) => {
      const options = command.optsWithGlobals<NotifyOptions>();
      const params = paramsFor(message, options);
      const made = await withClient(options, io, (client) => client.request('system.notify', params));
      print(options.json, made, `${printableLine(made.notification_id)}\n`);
    });

  addTargetOptions(notify.command('list'))
    .description('List the notifications that wait, oldest first')
    .option('--principal <principal>', 'whose; left out: your own')
    .option('--json', 'print as JSON')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const found = await withClient(options, io, (client) => listAll(client, options.principal));
      const rows = found.map((each) => [
        each.notification_id,
        each.cron ?? (each.state === 'pending' ? 'now' : shortTime(each.due_at)),
        each.client_id ?? 'all',
        each.type,
        each.msg,
      ]);
      print(
        options.json,
        found,
        formatTable(['ID', 'WHEN', 'CLIENT', 'TYPE', 'MESSAGE'], rows, styleFor(io)),
      );
    });

  addTargetOptions(notify.command('cancel'))
    .description('Cancel a notification')
    .argument('<id>', 'the notification')
    .option('--json', 'print as JSON')
    .action(async (notification_id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const answer = await withClient(options, io, (client) =>
        client.request('system.notify_cancel', { notification_id }),
      );
      if (!answer.cancelled) {
        throw new CliError(
          `There is no notification ${printableLine(notification_id)}: \`openclaw notify list\` shows those that wait.`,
        );
      }
      print(options.json, answer, `${printableLine(notification_id)} is cancelled.\n`);
    });
};

const paramsFor = (msg: string, options: NotifyOptions): Params<'system.notify'> => {
  const { type, principal, client, in: wait, at, cron } = options;
  if ([wait, at, cron].filter((when) => when !== undefined).length > 1) {
    throw new CliError('Give at most one of --in, --at and --cron.', 2);
  }
  return {
    type,
    msg,
    ...(principal === undefined ? {} : { principal }),
    ...(client === undefined ? {} : { client_id: client }),
    ...(wait === undefined ? {} : { in_seconds: seconds(wait) }),
    ...(at === undefined ? {} : { at: timestamp(at) }),
    ...(cron === undefined ? {} : { cron }),
  };
};

const seconds = (duration: string): number => {
  try {
    return parseDurationMs(duration) / 1000;
  } catch (error) {
    throw error instanceof AuthInputError ? new CliError(error.message, 2) : error;
  }
};

/** A time with its zone as it is, for the gateway to judge; one without is of the zone of whoever types it. */
const timestamp = (text: string): string => {
  if (/([Zz]|[+-]\d\d:\d\d)$/.test(text)) return text;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) {
    throw new CliError(`${JSON.stringify(text)} is no time: write one such as 2026-03-20T15:00.`, 2);
  }
  return new Date(atMs).toISOString();
};

const listAll = async (client: Gateway, principal: string | undefined): Promise<readonly Listed[]> => {
  const found: Listed[] = [];
  for (;;) {
    const after = found.at(-1)?.notification_id;
    const page = await client.request('system.notifications', {
      limit: PAGE,
      ...(principal === undefined ? {} : { principal }),
      ...(after === undefined ? {} : { after }),
    });
    found.push(...page.notifications);
    if (!page.has_more) return found;
  }
};
