/** One message and its reply: for `openclaw chat MESSAGE`, and for what is piped in. */
import type { Gateway } from '../../client/node.js';
import { CliError } from '../io.js';
import { printable, printableLine, type Terminal } from '../terminal.js';
import { failureOf, printReply } from './reply.js';
import { Screen } from './screen.js';

/**
 * Sends a message and prints its reply as it comes; the first interrupt cancels it, the second ends the program as ever.
 * Notifications go to standard error.
 *
 * @throws CliError where there is no whole reply
 */
export const sayOnce = async (
  client: Gateway,
  message: string,
  channel: string | undefined,
  io: Terminal,
): Promise<void> => {
  client.on('notification', ({ type, msg }) => {
    io.stderr.write(`[${printableLine(type)}] ${printable(msg)}\n`);
  });
  const reply = client.chat.send({ message, ...(channel === undefined ? {} : { channel }) });
  const stopListening = io.onSignal(['SIGINT'], () => {
    stopListening();
    // Where the connection is gone, reading the reply fails with that.
    reply.cancel().catch(() => {});
  });
  try {
    const failure = failureOf(await printReply(reply, { client, io, screen: new Screen(io.stdout) }));
    if (failure !== null) throw new CliError(failure);
  } finally {
    stopListening();
  }
};
