/** `openclaw channel`: the principal's conversations. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Params } from '../schemas/methods.js';
import { withClient } from './connection.js';
import { formatHistory } from './history-text.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { formatTable, printableLine, shortTime, styleFor, type Terminal } from './terminal.js';

interface ChannelOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Adds the command to `program`. */
export const registerChannel = (program: Command, io: Terminal): void => {
  const channel = program.command('channel').description('List, create and change channels');
  const subcommand = (name: string, description: string): Command =>
    addTargetOptions(channel.command(name)).description(description).option('--json', 'print as JSON');
  const print = (json: boolean | undefined, data: unknown, text: string) =>
    io.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : text);

  subcommand('list', 'List the channels, oldest first').action(async (_options, command: Command) => {
    const options = command.optsWithGlobals<ChannelOptions>();
    const { channels } = await withClient(options, io, (client) => client.request('channel.list', {}));
    const rows = channels.map((each) => [
      each.channel_id,
      each.name,
      String(each.message_count),
      shortTime(each.last_activity_at),
    ]);
    print(
      options.json,
      channels,
      formatTable(['ID', 'NAME', 'MESSAGES', 'LAST ACTIVITY'], rows, styleFor(io)),
    );
  });

  subcommand('create', 'Create a channel and print its id')
    .argument('[name]', 'what people call it; need not be unique')
    .action(async (name: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<ChannelOptions>();
      const params = name === undefined ? {} : { name };
      const made = await withClient(options, io, (client) => client.request('channel.create', params));
      print(options.json, made, `${printableLine(made.channel_id)}\n`);
    });

  subcommand('update', 'Give a channel another name')
    .argument('<id>', 'the channel')
    .requiredOption('--name <name>', 'its new name')
    .action(async (channel_id: string, _options, command: Command) => {
      const { name, ...options } = command.optsWithGlobals<ChannelOptions & { name: string }>();
      const changed = await withClient(options, io, (client) =>
        client.request('channel.update', { channel_id, name }),
      );
      print(
        options.json,
        changed,
        `${printableLine(`${changed.channel_id} is now named ${changed.name}`)}\n`,
      );
    });

  subcommand('delete', 'Delete a channel and everything said in it')
    .argument('<id>', 'the channel')
    .action(async (channel_id: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ChannelOptions>();
      const answer = await withClient(options, io, (client) =>
        client.request('channel.delete', { channel_id }),
      );
      print(options.json, answer, `${printableLine(channel_id)} is deleted.\n`);
    });

  subcommand('history', 'Print what was said in a channel, newest last')
    .argument('[id]', 'the channel; left out: default')
    .option('--limit <n>', 'messages to print, 1 to 200', (text) => wholeNumber(text, 1, 200), 50)
    .option('--before <seq>', 'only messages older than this one', (text) => wholeNumber(text, 0))
    .action(async (id: string | undefined, _options, command: Command) => {
      const { limit, before, ...options } = command.optsWithGlobals<
        ChannelOptions & { limit: number; before?: number }
      >();
      const params: Params<'chat.history'> = {
        limit,
        ...(id === undefined ? {} : { channel: id }),
        ...(before === undefined ? {} : { before }),
      };
      const page = await withClient(options, io, (client) => client.request('chat.history', params));
      print(options.json, page, formatHistory(page.messages, io));
    });
};

const wholeNumber = (text: string, min: number, max = Number.MAX_SAFE_INTEGER): number => {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new InvalidArgumentError(`It must be a whole number ${range}.`);
};
