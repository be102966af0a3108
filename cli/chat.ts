/** `openclaw chat`: one message and its reply, or a conversation line by line. */
import { createInterface } from 'node:readline';
import { text as readAll } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  type CloseInfo,
  type Completion,
  ConnectionClosedError,
  type Gateway,
  type Reply,
} from '../client/node.js';
import { explained, withClient } from './connection.js';
import { CliError } from './io.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { printable, printableLine, styleFor, type Terminal } from './terminal.js';

/** Of the line that tells of a skill. */
const MAX_SKILL_CHARS = 79;

interface ChatOptions extends TargetOptions {
  readonly channel?: string;
}

/** Adds the command to `program`. */
export const registerChat = (program: Command, io: Terminal): void => {
  addTargetOptions(program.command('chat'))
    .description('Talk to the agent: one message, piped input, or a conversation')
    .argument('[message]', 'what to say; left out: standard input, or a conversation on a terminal')
    .option('--channel <id>', 'the channel to say it in; left out: default')
    .action(async (message: string | undefined, _options: ChatOptions, command: Command) => {
      const options = command.optsWithGlobals<ChatOptions>();
      if (message === undefined && io.stdin.isTTY) await converse(options, io);
      else await sayOnce(message ?? (await readAll(io.stdin)).replace(/\r?\n$/, ''), options, io);
    });
};

const sayOnce = async (message: string, options: ChatOptions, io: Terminal): Promise<void> => {
  if (message === '') throw new CliError('There is nothing to send: give a message, or pipe one in.', 2);
  await withClient(options, io, (client) => {
    showNotifications(client, io);
    return say(client, message, options.channel, io);
  });
};

const showNotifications = (client: Gateway, io: Terminal): void => {
  client.on('notification', ({ type, msg }) => {
    io.stderr.write(`[${printableLine(type)}] ${printable(msg)}\n`);
  });
};

/** Sends a message and prints its reply as it comes; the first interrupt cancels it. Throws CliError where it fails. */
const say = async (
  client: Gateway,
  message: string,
  channel: string | undefined,
  io: Terminal,
): Promise<void> => {
  let last = '\n';
  let isBehindSkill = false;
  const reply = client.chat.send({ message, ...(channel === undefined ? {} : { channel }) });
  const stopShowing = showSkills(client, reply, io, (line) => {
    io.stdout.write(`${last === '\n' ? '' : '\n'}${line}\n`);
    last = '\n';
    isBehindSkill = true;
  });
  const stopListening = io.onSignal(['SIGINT'], () => {
    stopListening();
    // Where the connection is gone, reading the reply fails with that.
    reply.cancel().catch(() => {});
  });
  try {
    for await (const piece of reply) {
      const shown = io.stdout.isTTY ? printable(piece) : piece;
      // The line ends that part it from what was said before have been written.
      const text = isBehindSkill ? shown.replace(/^\n+/, '') : shown;
      io.stdout.write(text);
      if (text !== '') isBehindSkill = false;
      last = text.at(-1) ?? last;
    }
    // A line that is due comes before the next prompt.
    await nextTurn();
    const failure = failureOf(await reply.completion);
    if (failure !== null) throw new CliError(failure);
  } finally {
    stopListening();
    stopShowing();
    if (last !== '\n') io.stdout.write('\n');
  }
};

/** Has a line written for each skill that a reply uses, and for each that fails; a pipe gets the reply and nothing else. */
const showSkills = (
  client: Gateway,
  { messageId }: Reply,
  io: Terminal,
  write: (line: string) => void,
): (() => void) => {
  if (!io.stdout.isTTY) return () => {};
  const { dim } = styleFor(io);
  const show = (message_id: string, text: string): void => {
    const line = printableLine(text);
    const cut = [...line.slice(0, 2 * MAX_SKILL_CHARS)].slice(0, MAX_SKILL_CHARS - 1).join('');
    const tell = (): void => write(dim(cut.length < line.length ? `${cut}…` : line));
    messageId.then(
      (own) => {
        // What came before it is still on its way to the reader.
        if (own === message_id) setImmediate(tell);
      },
      () => {},
    );
  };
  const listeners = [
    client.on('skill.invoke', ({ message_id, skill, arguments: args }) => {
      const json = JSON.stringify(args);
      show(message_id, `· ${skill}${json === '{}' ? '' : ` ${json}`}`);
    }),
    client.on('skill.result', ({ message_id, skill, ok, error }) => {
      if (!ok) show(message_id, `· ${skill}: ${error?.message ?? 'failed'}`);
    }),
  ];
  return () => {
    for (const stop of listeners) stop();
  };
};

/** Why a reply is not whole, in one sentence; null where it is. */
const failureOf = ({ finish_reason, error }: Completion): string | null => {
  switch (finish_reason) {
    case 'stop':
      return null;
    case 'length':
      return 'The reply reached its greatest length: ask for the rest.';
    case 'cancelled':
      return 'The reply was cancelled.';
    case 'interrupted':
      return 'The reply was cut short: send the message again.';
    case 'error':
      return `There is no reply: ${printableLine(error?.message ?? 'reasoning failed')}; ${
        error?.data?.retryable ? 'send the message again later' : 'look into the gateway’s log'
      }.`;
  }
};

/** One line, one message; Ctrl+C stops a reply, or else (and the second time) the conversation, as Ctrl+D does. */
const converse = (options: ChatOptions, io: Terminal): Promise<void> =>
  withClient(options, io, async (client) => {
    showNotifications(client, io);
    const { bold, dim } = styleFor(io);
    const lines = createInterface({ input: io.stdin });
    let lost: CloseInfo | null = null;
    let replying = false;
    void client.closed.then((info) => {
      lost = info;
      lines.close();
    });
    let interrupted = false;
    const stopListening = io.onSignal(['SIGINT'], () => {
      if (!replying) lines.close();
      else if (interrupted) io.exitNow(1);
      interrupted = true;
    });
    io.stdout.write(
      dim(`Connected to channel ${printableLine(options.channel ?? 'default')}; Ctrl+D ends.\n`),
    );
    io.stdout.write(bold('> '));
    try {
      for await (const line of lines) {
        replying = true;
        interrupted = false;
        if (line.trim() !== '') await say(client, line, options.channel, io).catch(goOn(io));
        replying = false;
        io.stdout.write(bold('> '));
      }
    } finally {
      stopListening();
      lines.close();
      io.stdout.write('\n');
    }
    if (lost !== null) throw new ConnectionClosedError(lost);
  });

/** A message that fails does not end the conversation; a lost connection, or a fault of this program, does. */
const goOn = (io: Terminal) => (error: unknown) => {
  const sentence = explained(error);
  if (error instanceof ConnectionClosedError || !(sentence instanceof CliError)) throw error;
  io.stderr.write(`${sentence.message}\n`);
};
