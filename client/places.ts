/**
 * Which channels a session follows and which is its current one, learned from the answers it gets: what a new session
 * has to be told where the gateway no longer knows the one before.
 */
import { type Requests, WATCHING } from '../schemas/generated/client.js';

/** They are asked for with `enabled`, for one connection. */
const watching: ReadonlySet<string> = new Set(WATCHING);

/** Every session begins on it, and nobody can delete it. */
const DEFAULT = 'default';

type Answer = { readonly channel_id?: string; readonly channel?: string };

/** A call that makes a new session like the one before. */
export interface Restoration {
  readonly method: keyof Requests;
  readonly params: object;
}

export class Places {
  #current = DEFAULT;
  readonly #followed = new Set([DEFAULT]);
  /** Methods that ask for notifications, with what was asked for. */
  readonly #watched = new Map<keyof Requests, object>();

  /** A call was answered. */
  answered(method: string, params: object, result: unknown): void {
    const { channel_id: id = '', channel = '' } = { ...(params as Answer), ...(result as Answer) };
    switch (method) {
      case 'channel.switch':
        this.#current = id;
        this.#followed.add(id);
        break;
      case 'channel.create':
      case 'channel.subscribe':
        this.#followed.add(id);
        break;
      case 'chat.send':
        this.#followed.add(channel);
        break;
      case 'channel.unsubscribe':
        this.#followed.delete(id);
        break;
      case 'channel.delete':
        this.gone(id);
        break;
      default:
        if (!watching.has(method)) break;
        if ((params as { enabled: boolean }).enabled) this.#watched.set(method as keyof Requests, params);
        else this.#watched.delete(method as keyof Requests);
    }
  }

  /** What a session that was taken up follows. */
  learn({ channels, current }: Requests['channel.list']['result']): void {
    this.#current = current;
    this.#followed.clear();
    for (const { channel_id, subscribed } of channels) if (subscribed) this.#followed.add(channel_id);
  }

  /** A channel was deleted: who was on it is on `default`. */
  gone(id: string): void {
    this.#followed.delete(id);
    if (this.#current === id) this.#current = DEFAULT;
  }

  /**
   * What to call, in this order.
   *
   * @param isResumed whether the gateway has restored the session: then only what it keeps for no session is left
   */
  restorations(isResumed: boolean): readonly Restoration[] {
    const watched = [...this.#watched].map(([method, params]) => ({ method, params }));
    if (isResumed) return watched;
    const calls: Restoration[] = [];
    for (const channel_id of this.#followed) {
      if (channel_id === DEFAULT || channel_id === this.#current) continue;
      calls.push({ method: 'channel.subscribe', params: { channel_id } });
    }
    if (this.#current !== DEFAULT) {
      calls.push({ method: 'channel.switch', params: { channel_id: this.#current } });
      if (!this.#followed.has(this.#current)) {
        calls.push({ method: 'channel.unsubscribe', params: { channel_id: this.#current } });
      }
    }
    if (!this.#followed.has(DEFAULT)) {
      calls.push({ method: 'channel.unsubscribe', params: { channel_id: DEFAULT } });
    }
    return [...calls, ...watched];
  }
}
