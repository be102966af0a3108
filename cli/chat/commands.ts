/** What may be typed in a conversation besides messages: `/help` and the others. */
import { type Gateway, GatewayError } from '../../client/node.js';
import { ERRORS } from '../../schemas/codes.js';
import { nearestName } from '../../server/config/nearest.js';
import { formatHistory } from '../history-text.js';
import { CliError } from '../io.js';
import { screenOf } from '../status.js';
import { formatTable, printableLine, shortTime, styleFor, type Terminal } from '../terminal.js';
import type { Channels } from './channels.js';

export interface CommandContext {
  readonly client: Gateway;
  readonly url: string;
  readonly io: Terminal;
  readonly channels: Channels;
  /** Ends the waiting for the gateway. */
  readonly signal: AbortSignal;
}

interface Command {
  /** What stands behind its name. */
  readonly forms: readonly (readonly [string, string])[];
  /** Returns what is to be printed, null where the conversation is to end. @throws CliError, and what the client throws */
  readonly run: (words: string, context: CommandContext) => Promise<string | null>;
}

const HISTORY_MESSAGES = 10;
const MAX_HISTORY_MESSAGES = 200;

const channel = async (words: string, { io, channels, signal }: CommandContext): Promise<string> => {
  const [, isNew, name = ''] = /^(new(?:\s+|$))?(.*)$/s.exec(words) ?? [];
  if (isNew !== undefined) {
    if (name === '') throw new CliError('A channel needs a name: /channel new NAME.');
    await channels.create(name, { signal });
    return `${printableLine(name)} is made, with the id ${printableLine(channels.id)}; you are there now.\n`;
  }
  if (name !== '') {
    await channels.go(name, { signal });
    return `You are in ${channels.name} now.\n`;
  }
  const rows = (await channels.list({ signal })).map((each) => [
    each.channel_id === channels.id ? '*' : '',
    each.name,
    each.channel_id,
    String(each.message_count),
    shortTime(each.last_activity_at),
  ]);
  return formatTable(['', 'NAME', 'ID', 'MESSAGES', 'LAST ACTIVITY'], rows, styleFor(io));
};

const history = async (words: string, { client, io, channels, signal }: CommandContext): Promise<string> => {
  const limit = words === '' ? HISTORY_MESSAGES : /^\d{1,9}$/.test(words) ? Number(words) : 0;
  if (limit < 1 || limit > MAX_HISTORY_MESSAGES) {
    throw new CliError(`/history takes a whole number from 1 to ${MAX_HISTORY_MESSAGES}.`);
  }
  const { messages } = await client.request('chat.history', { channel: channels.id, limit }, { signal });
  return messages.length === 0 ? 'Nothing has been said here yet.\n' : formatHistory(messages, io);
};

const status = async (
  words: string,
  { client, url, io, channels, signal }: CommandContext,
): Promise<string> => {
  nothingBehind('status', words);
  const at = `${printableLine(url)}, channel ${channels.name} (${printableLine(channels.id)})`;
  if (client.state !== 'open') return `Not connected to ${at}; trying again.\n`;
  const { session_id, scopes } = client.session;
  const own = `Connected to ${at}, session ${printableLine(session_id)}.\n`;
  try {
    return `${own}\n${screenOf(await client.request('system.status', {}, { signal }), false, io)}`;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== ERRORS.permissionDenied.code) throw error;
    return `${own}Your token may do ${scopes.join(', ')}; how the gateway does is told to those with the scope status.\n`;
  }
};

const nothingBehind = (name: string, words: string): void => {
  if (words !== '') throw new CliError(`/${name} takes nothing behind it.`);
};

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [
    'channel',
    {
      forms: [
        ['', 'list the channels'],
        ['NAME', 'go to the channel of this name or id'],
        ['new NAME', 'make a channel and go there'],
      ],
      run: channel,
    },
  ],
  [
    'history',
    { forms: [['[N]', `what was said here: the last ${HISTORY_MESSAGES} messages, or N`]], run: history },
  ],
  ['status', { forms: [['', 'how the connection and the gateway do']], run: status }],
  [
    'help',
    {
      forms: [['', 'this list']],
      run: async (words, { io }) => {
        nothingBehind('help', words);
        return helpText(io);
      },
    },
  ],
  [
    'quit',
    {
      forms: [['', 'end the conversation']],
      run: async (words) => {
        nothingBehind('quit', words);
        return null;
      },
    },
  ],
]);

/** Lines that a terminal of 80 columns does not break. */
const KEYS = `Enter sends. Alt-Enter or Ctrl-J begins a new line, as does a backslash at the
end of one; what is pasted stays one message, and is sent when you say so.
Up and Down go through earlier messages, those that begin as the text does in
front of the cursor; Ctrl-R searches them. Tab completes commands and channels.
Ctrl-C stops a reply, or clears what is typed. Ctrl-D on an empty line ends.
What is typed during a reply is shown behind it.
`;

const helpText = (io: Terminal): string => {
  const { bold } = styleFor(io);
  const forms = [...COMMANDS].flatMap(([name, command]) =>
    command.forms.map(([behind, about]) => [`/${name} ${behind}`.trim(), about] as const),
  );
  const rows = [...forms, ['//TEXT', 'a message that begins with a slash'] as const];
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${rows.map(([left, about]) => `${bold(left.padEnd(width))}  ${about}\n`).join('')}\n${KEYS}`;
};

/** A line as a command; null where it is a message. */
export const asCommand = (text: string): { readonly name: string; readonly words: string } | null => {
  const [, name, words] = /^\/(?!\/)(\S*)\s*(.*)$/s.exec(text) ?? [];
  return name === undefined ? null : { name, words: (words ?? '').trim() };
};

/** The message that a line is: `//path` says `/path`. */
export const asMessage = (text: string): string => (text.startsWith('//') ? text.slice(1) : text);

/** Runs a command. Returns what is to be printed, null where the conversation is to end. */
export const runCommand = async (
  { name, words }: { readonly name: string; readonly words: string },
  context: CommandContext,
): Promise<string | null> => {
  const command = COMMANDS.get(name.toLowerCase());
  if (command !== undefined) return command.run(words, context);
  const nearest = nearestName(name, [...COMMANDS.keys()]);
  const shown = `/${printableLine(name)}`;
  throw new CliError(
    nearest === null
      ? `There is no command ${shown}: /help lists them, and /${shown} is the message.`
      : `There is no command ${shown}; did you mean /${nearest}?`,
  );
};

/** What Tab makes of the text in front of the cursor: every completion, and the part of it that they are for. */
export const complete = (text: string, channels: readonly string[]): [string[], string] => {
  const command = /^\/([a-z]*)$/.exec(text);
  if (command !== null) {
    const names = [...COMMANDS.keys()].filter((name) => name.startsWith(command[1] ?? ''));
    return [names.map((name) => (name === 'channel' || name === 'history' ? `/${name} ` : `/${name}`)), text];
  }
  const [, begun] = /^\/channel\s+(.*)$/s.exec(text) ?? [];
  if (begun === undefined) return [[], text];
  return [['new ', ...channels].filter((choice) => choice.startsWith(begun)), begun];
};
