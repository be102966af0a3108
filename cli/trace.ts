/** `openclaw gateway trace`: the frames of all other connections, as they come and go, and what replies do inside. */
import { ConnectionClosedError, type Gateway } from '../client/node.js';
import type { Params } from '../schemas/methods.js';
import { withClient } from './connection.js';
import { CliError } from './io.js';
import type { TargetOptions } from './target.js';
import type { Terminal } from './terminal.js';
import { traceLine } from './trace-line.js';

export interface TraceOptions extends TargetOptions {
  readonly verbose?: boolean;
  readonly method?: string;
  /** A channel's id. */
  readonly channel?: string;
  readonly client?: string;
  readonly errors?: boolean;
  readonly json?: boolean;
}

const ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Runs until it is stopped. @throws CliError */
export const trace = async (options: TraceOptions, io: Terminal): Promise<void> => {
  const wishes = wishesOf(options);
  await withClient(options, io, async (client) => {
    const stopped = untilStopped(client, io);
    client.on('system.trace', ({ events, lost }) => {
      const lines = events.map((event) => (options.json ? JSON.stringify(event) : traceLine(event)));
      io.stdout.write(lines.map((line) => `${line}\n`).join(''));
      if (lost > 0)
        io.stderr.write(`${lost} lines are missing here: this came too slowly for the gateway.\n`);
    });
    await followNothing(client);
    await client.request('system.trace', { enabled: true, ...wishes });
    if (io.stderr.isTTY) io.stderr.write('Watching; Ctrl+C ends it.\n');
    await stopped;
  });
};

const wishesOf = ({
  verbose,
  method,
  channel,
  client,
  errors,
}: TraceOptions): Omit<Params<'system.trace'>, 'enabled'> => {
  for (const [option, value] of [
    ['--channel', channel],
    ['--client', client],
  ] as const) {
    if (value !== undefined && !ID.test(value)) {
      throw new CliError(`${option} takes an id of letters, digits and ._:- such as default.`, 2);
    }
  }
  if (method !== undefined && !/^[a-z_.]{1,127}\*?$|^-$/.test(method)) {
    throw new CliError('--method takes a name such as chat.send, or its beginning such as chat.*.', 2);
  }
  return {
    ...(verbose ? { verbose } : {}),
    ...(method === undefined ? {} : { method }),
    ...(channel === undefined ? {} : { channel }),
    ...(client === undefined ? {} : { client_id: client }),
    ...(errors ? { errors } : {}),
  };
};

/** Whoever only looks on is no reader of the default channel: it would be counted, and sent every reply. */
export const followNothing = async (client: Gateway): Promise<void> => {
  // A token that may not leave it sees no harm in it.
  await client.request('channel.unsubscribe', { channel_id: 'default' }).catch(() => {});
};

/** Resolves when a signal ends the command; rejects when the gateway ended the connection. */
export const untilStopped = (client: Gateway, io: Terminal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stopListening = io.onSignal(['SIGINT', 'SIGTERM'], () => {
      stopListening();
      resolve();
    });
    void client.closed.then((close) => reject(new ConnectionClosedError(close)));
  });
