/** `openclaw memory`: looks after what is remembered, through the gateway or, where none runs, by itself. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Result } from '../schemas/methods.js';
import { reasonOf } from '../server/config/errors.js';
import { CliError } from './io.js';
import { type MemoryAccess, restoreHome, withMemory } from './memory-access.js';
import { exportLines, importLines, readLines } from './memory-transfer.js';
import { NewFile } from './new-file.js';
import { formatBytes, type Show, withProgress } from './progress.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { printableLine, shortTime, styleFor, type Terminal } from './terminal.js';

interface MemoryOptions extends TargetOptions {
  readonly json?: boolean;
  readonly force?: boolean;
}

interface ExportOptions extends MemoryOptions {
  readonly principal?: string;
  readonly channel?: string;
}

/** Refused lines of an import that are printed. */
const MAX_PRINTED = 100;

/** Adds the command to `program`. */
export const registerMemory = (program: Command, io: Terminal): void => {
  const memory = program
    .command('memory')
    .description('Look after what is remembered: count, check, back up, restore, export, import')
    .addHelpText(
      'after',
      '\nA gateway that runs is asked; it needs the scope admin. Where none runs, the database of the home is used directly.',
    );
  const subcommand = (name: string, description: string): Command =>
    addTargetOptions(memory.command(name)).description(description);
  const print = (json: boolean | undefined, data: unknown, text: string) =>
    io.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : text);
  const run = <T>(
    options: TargetOptions,
    what: string,
    action: (access: MemoryAccess, show: Show) => Promise<T>,
  ): Promise<T> =>
    withProgress(io, what, (show) => withMemory(options, io, show, (access) => action(access, show)));

  subcommand('stats', 'Count principals, channels and messages, and say how large the database is')
    .option('--json', 'print as JSON')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<MemoryOptions>();
      const stats = await run(options, 'Counting', (access) => access.request('memory.stats', {}));
      print(options.json, stats, describeStats(stats, io));
    });

  subcommand('backup', 'Copy the database to a file, while it is in use, and prove the copy')
    .argument('[file]', 'where to; left out: the directory backups of the gateway’s home')
    .option('--force', 'replace the file if it is there')
    .option('--json', 'print as JSON')
    .action(async (file: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<MemoryOptions>();
      const made = await run(options, 'Backing up', (access) => backUp(access, file, options.force ?? false));
      const size = `${formatBytes(made.bytes)}, ${counted(made.channels, 'channel')}, ${counted(made.messages, 'message')}`;
      print(options.json, made, `${printableLine(made.path)} (${size})\n`);
    });

  memory
    .command('restore')
    .description('Put a backup in the place of the database, while no gateway runs; what was there is kept')
    .argument('<file>', 'a file that `openclaw memory backup` made')
    .option('--json', 'print as JSON')
    .action(async (file: string, _options, command: Command) => {
      const { json } = command.optsWithGlobals<MemoryOptions>();
      const restored = await withProgress(io, 'Restoring', () => restoreHome(resolve(file), io));
      const size = `${counted(restored.channels, 'channel')}, ${counted(restored.messages, 'message')}`;
      const kept =
        restored.replaced === null ? '' : `What was there is in ${printableLine(restored.replaced)}.\n`;
      print(json, restored, `${printableLine(restored.path)} is what was backed up (${size}).\n${kept}`);
    });

  subcommand('export', 'Write channels and messages as JSON Lines')
    .argument('[file]', 'where to; left out: standard output')
    .option('--channel <id>', 'only channels of this id')
    .option('--principal <principal>', 'only what is this principal’s')
    .option('--force', 'replace the file if it is there')
    .action(async (file: string | undefined, _options, command: Command) => {
      const { principal, channel, force, ...options } = command.optsWithGlobals<ExportOptions>();
      const only = {
        ...(principal === undefined ? {} : { principal }),
        ...(channel === undefined ? {} : { channel }),
      };
      const target = file === undefined ? null : new NewFile(file, force ?? false);
      try {
        const write = (text: string) => (target === null ? io.stdout.write(text) : target.append(text));
        const count = await run(options, 'Exporting', (access, show) =>
          exportLines(access, only, (text, lines) => {
            write(text);
            // On a terminal the lines themselves show how far it is.
            if (target !== null) show(`Exporting, ${lines} lines`);
          }),
        );
        target?.finish();
        if (target !== null) io.stderr.write(`${counted(count, 'line')} in ${printableLine(target.path)}.\n`);
      } finally {
        target?.discard();
      }
    });

  subcommand(
    'import',
    'Store what an export wrote, with its ids, numbers and times; what is there is skipped',
  )
    .argument('<file>', 'the file; - for standard input')
    .option('--json', 'print as JSON')
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<MemoryOptions>();
      const { bytes, chunks } = await openInput(file, io);
      let readBytes = 0;
      const measured = (async function* () {
        for await (const chunk of chunks) {
          readBytes += chunk.length;
          yield chunk;
        }
      })();
      const refused: string[] = [];
      const summary = await run(options, 'Importing', (access, show) =>
        importLines(
          access,
          readLines(measured),
          (line, why) => {
            if (refused.length < MAX_PRINTED)
              refused.push(`${printableLine(file)}:${line}: ${printableLine(why)}\n`);
          },
          ({ imported, skipped }) => {
            const percent = bytes === null ? '' : `, ${Math.round((100 * readBytes) / Math.max(1, bytes))} %`;
            show(`Importing, ${imported + skipped} lines${percent}`);
          },
        ),
      );
      for (const line of refused) io.stderr.write(line);
      const { imported, skipped } = summary;
      print(options.json, summary, `${imported} imported, ${skipped} there already.\n`);
      if (summary.refused > 0) {
        throw new CliError(
          `${counted(summary.refused, 'line')} could not be stored: mend what is wrong and import the file again, which skips the others.`,
        );
      }
    });

  subcommand(
    'vacuum',
    'Give free space of the database back to the system; where no gateway runs, write the database anew, which leaves nothing of what was deleted',
  )
    .option('--json', 'print as JSON')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<MemoryOptions>();
      const done = await run(options, 'Making room', (access) => access.request('memory.vacuum', {}));
      const [freed, left] = [formatBytes(done.freed_bytes), formatBytes(done.database_bytes)];
      print(options.json, done, `${freed} given back; the database has ${left}.\n`);
    });

  subcommand('check', 'Look for damage in the database; exit status 1 where there is some')
    .option('--json', 'print as JSON')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<MemoryOptions>();
      const found = await run(options, 'Checking', (access) => access.request('memory.check', {}));
      const text = found.problems.map(
        ({ check, message, advice }) => `${check}: ${printableLine(message)}\n  ${printableLine(advice)}\n`,
      );
      print(options.json, found, found.ok ? 'The memory is sound.\n' : text.join(''));
      if (!found.ok) {
        throw new CliError(
          `The memory has ${counted(found.problems.length, 'problem')}: what to do is said there.`,
        );
      }
    });
};

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const backUp = async (
  { request, local }: MemoryAccess,
  file: string | undefined,
  replace: boolean,
): Promise<Result<'memory.backup'>> => {
  if (file === undefined) return request('memory.backup', {});
  if (!local) {
    throw new CliError(
      'A gateway elsewhere keeps its backups in its own home: leave the file out, and it says where.',
      2,
    );
  }
  const target = new NewFile(file, replace);
  try {
    const made = await request('memory.backup', {});
    target.take(made.path);
    target.finish();
    return { ...made, path: target.path };
  } finally {
    target.discard();
  }
};

/** @throws CliError where there is no such file */
const openInput = async (
  file: string,
  { stdin }: Terminal,
): Promise<{ readonly bytes: number | null; readonly chunks: AsyncIterable<Buffer> }> => {
  if (file === '-') return { bytes: null, chunks: stdin };
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return { bytes: found.size, chunks: createReadStream(file) };
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${reasonOf(error)}; name a file that an export wrote.`);
  }
};

const describeStats = (stats: Result<'memory.stats'>, io: Terminal): string => {
  const { dim } = styleFor(io);
  const time = (at: string | null) => (at === null ? 'none' : shortTime(at));
  const open =
    stats.open_replies === 0 ? '' : ` (${counted(stats.open_replies, 'open reply', 'open replies')})`;
  const rows = [
    ['Database', `${formatBytes(stats.database_bytes)}, ${formatBytes(stats.free_bytes)} of it free`],
    ['Log', formatBytes(stats.log_bytes)],
    ['Schema', `version ${stats.schema_version}`],
    ['Principals', String(stats.principals)],
    ['Channels', String(stats.channels)],
    ['Messages', `${stats.messages}${open}`],
    ['Notifications', String(stats.notifications)],
    ['Oldest', time(stats.oldest_message_at)],
    ['Newest', time(stats.newest_message_at)],
  ];
  return rows.map(([label = '', text = '']) => `${dim(label.padEnd(14))}${printableLine(text)}\n`).join('');
};
