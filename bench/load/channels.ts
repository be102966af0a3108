/** Channels for connections that talk, made before those come: all of a principal's connections hear of each new one. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Gateway, GatewayError } from '../../client/node.js';
import type { ChannelsByToken } from './fleet.js';

const NAME = 'bench-load';
/** Beneath this rate a gateway's limit is kept instead of run into. */
const FAST_PER_SECOND = 1000;
const AT_ONCE = 32;

export interface ChannelsOptions {
  readonly url: string;
  readonly tokens: readonly string[];
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #made: string[][];

  constructor(options: ChannelsOptions) {
    this.#options = options;
    this.#made = options.tokens.map(() => []);
  }

  /**
   * For each token as many as it says.
   * @throws GatewayError where a principal may have no more
   */
  async make(counts: readonly number[], onMade: (made: number) => void): Promise<ChannelsByToken> {
    let made = 0;
    await this.#forEachToken(async (client, at) => {
      const own = this.#made[at] as string[];
      await inTurn(client, (counts[at] ?? 0) - own.length, async () => {
        const { channel_id: id } = await client.request('channel.create', { name: NAME });
        own.push(id);
        made += 1;
        onMade(made);
      });
    });
    return this.#made;
  }

  /** Deletes them, with everything that was said there. */
  async remove(): Promise<void> {
    await this.#forEachToken(async (client, at) => {
      const own = this.#made[at] as string[];
      await inTurn(client, own.length, async () => {
        const id = own.pop();
        if (id !== undefined) await client.request('channel.delete', { channel_id: id });
      });
    });
  }

  async #forEachToken(work: (client: Gateway, at: number) => Promise<void>): Promise<void> {
    const { url, tokens } = this.#options;
    for (const [at, token] of tokens.entries()) {
      const client = await connect({ url, token, clientId: NAME, retry: false });
      try {
        await work(client, at);
      } finally {
        await client.close();
      }
    }
  }
}

/** Calls so often, several at a time, or as fast as the gateway allows. */
const inTurn = async (client: Gateway, times: number, call: () => Promise<void>): Promise<void> => {
  const { messages_per_second: perSecond } = client.session.limits;
  const slow = perSecond < FAST_PER_SECOND;
  let left = times;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await patiently(call);
      if (slow) await delay(1000 / perSecond);
    }
  };
  await Promise.all(Array.from({ length: slow ? 1 : AT_ONCE }, loop));
};

/** Again after as long as a gateway says, where it says that this would help. */
const patiently = async (call: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const data =
        error instanceof GatewayError ? (error.data as { retry_after_ms?: number } | undefined) : undefined;
      if (data?.retry_after_ms === undefined) throw error;
      await delay(data.retry_after_ms);
    }
  }
};
