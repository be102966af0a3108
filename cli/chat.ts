/** `openclaw chat`: one message and its reply, or a conversation. */
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { withClient, withLastingClient } from './connection.js';
import { CliError } from './io.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import type { Terminal } from './terminal.js';

interface ChatOptions extends TargetOptions {
  readonly channel?: string;
}

/** Adds the command to `program`. */
export const registerChat = (program: Command, io: Terminal): void => {
  addTargetOptions(program.command('chat'))
    .description('Talk to the agent: one message, piped input, or a conversation')
    .argument('[message]', 'what to say; left out: standard input, or a conversation on a terminal')
    .option('--channel <id>', 'the channel to say it in; left out: default')
    .addHelpText(
      'after',
      '\nWith a message, or one that is piped in, only the reply is printed. In a conversation, /help lists what there is besides messages.',
    )
    .action(async (message: string | undefined, _options: ChatOptions, command: Command) => {
      const options = command.optsWithGlobals<ChatOptions>();
      if (message === undefined && io.stdin.isTTY) await converse(options, io);
      else await say(message ?? (await readAll(io.stdin)).replace(/\r?\n$/, ''), options, io);
    });
};

const say = async (message: string, options: ChatOptions, io: Terminal): Promise<void> => {
  if (message === '') throw new CliError('There is nothing to send: give a message, or pipe one in.', 2);
  const { sayOnce } = await import('./chat/once.js');
  await withClient(options, io, (client) => sayOnce(client, message, options.channel, io));
};

const converse = async (options: ChatOptions, io: Terminal): Promise<void> => {
  const { Session } = await import('./chat/session.js');
  await withLastingClient(options, io, (client, { url }) =>
    new Session({ client, url, io, channel: options.channel }).run(),
  );
};
