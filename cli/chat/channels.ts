/** The channels of a conversation: which there are, and which one it is in. */
import { type Gateway, GatewayError } from '../../client/node.js';
import { ERRORS } from '../../schemas/codes.js';
import type { Result } from '../../schemas/methods.js';
import { CliError } from '../io.js';
import { printableLine } from '../terminal.js';

export type Channel = Result<'channel.list'>['channels'][number];
/** Of the prompt. */
const MAX_NAME_CHARS = 24;

interface Waiting {
  readonly signal?: AbortSignal;
}

export class Channels {
  readonly #client: Gateway;
  #known: readonly Channel[] = [];
  #current: { readonly id: string; readonly name: string };

  constructor(client: Gateway, channel = 'default') {
    this.#client = client;
    this.#current = { id: channel, name: '' };
    // Made, renamed or deleted elsewhere. Without the scope nothing is known, and nothing changes.
    client.on('channel.changed', () => void this.list().catch(() => {}));
  }

  /** The channel that messages go to. */
  get id(): string {
    return this.#current.id;
  }

  /** What people call it, on one line and not long. */
  get name(): string {
    const { id, name } = this.#current;
    const known = this.#known.find(({ channel_id }) => channel_id === id);
    const shown = [...printableLine((known?.name ?? name) || id).trim()];
    if (shown.length === 0) return printableLine(id);
    return shown.length > MAX_NAME_CHARS ? `${shown.slice(0, MAX_NAME_CHARS - 1).join('')}…` : shown.join('');
  }

  /** What `/channel` may be completed to: names, and ids of those without. */
  get choices(): readonly string[] {
    return [...new Set(this.#known.map(({ channel_id, name }) => printableLine(name) || channel_id))];
  }

  /**
   * Enters the first one.
   *
   * @throws GatewayError where there is none of that id. A token that may not ask is believed.
   */
  async enter(waiting: Waiting): Promise<void> {
    try {
      if (this.id !== 'default') await this.#switch(this.id, waiting);
      await this.list(waiting);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== ERRORS.permissionDenied.code) throw error;
    }
  }

  async list(waiting: Waiting = {}): Promise<readonly Channel[]> {
    this.#known = (await this.#client.request('channel.list', {}, waiting)).channels;
    return this.#known;
  }

  /** Goes to the channel of this id, or else of this name. @throws CliError where it cannot be told which one is meant */
  async go(wanted: string, waiting: Waiting): Promise<void> {
    const known = await this.list(waiting);
    const isNamed = (name: string): boolean => name.toLowerCase() === wanted.toLowerCase();
    const exact = known.filter(({ name }) => name === wanted);
    const named = exact.length > 0 ? exact : known.filter(({ name }) => isNamed(name));
    const found = known.find(({ channel_id }) => channel_id === wanted) ?? named[0];
    const shown = printableLine(wanted);
    if (found === undefined) {
      throw new CliError(
        `There is no channel ${shown}: /channel lists them, and /channel new ${shown} makes it.`,
      );
    }
    if (found.channel_id !== wanted && named.length > 1) {
      const ids = named.map(({ channel_id }) => printableLine(channel_id)).join(', ');
      throw new CliError(`${named.length} channels are named ${shown}: go there by id, ${ids}.`);
    }
    await this.#switch(found.channel_id, waiting);
  }

  /** Makes one and goes there. */
  async create(name: string, waiting: Waiting): Promise<void> {
    const { channel_id } = await this.#client.request('channel.create', { name }, waiting);
    await this.#switch(channel_id, waiting);
    await this.list(waiting);
  }

  async #switch(channel_id: string, waiting: Waiting): Promise<void> {
    const { name } = await this.#client.request('channel.switch', { channel_id }, waiting);
    this.#current = { id: channel_id, name };
  }
}
