/** What others say in the channel of the conversation, and what is replied to them. */
import type { Gateway, Reply } from '../../client/node.js';
import { printable, printableLine, styleFor, type Terminal } from '../terminal.js';

export class Overheard {
  readonly #client: Gateway;
  readonly #channel: () => string;
  readonly #io: Terminal;

  /** @param channel the id of the channel whose messages are of interest now */
  constructor(client: Gateway, channel: () => string, io: Terminal) {
    this.#client = client;
    this.#channel = channel;
    this.#io = io;
  }

  /** @param show gets whole lines: each message as it comes, each reply when it has ended */
  listen(show: (text: string) => void): void {
    const { bold } = styleFor(this.#io);
    this.#client.on('chat.message', ({ channel, client_id, message }) => {
      if (channel === this.#channel()) show(`${bold(`${printableLine(client_id)}:`)} ${printable(message)}`);
    });
    this.#client.on('reply', (reply) => {
      this.#read(reply, show).catch(() => {
        // It is in the history, or the connection has ended: that is told elsewhere.
      });
    });
  }

  async #read(reply: Reply, show: (text: string) => void): Promise<void> {
    const text = await reply.text();
    const { channel } = await reply.completion;
    if (channel === this.#channel() && text !== '') show(printable(text).replace(/\n+$/, ''));
  }
}
