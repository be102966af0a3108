/**
 * The channels a session follows, each with its live cursor, in the order they were taken up. Nearly every session
 * follows one: a list of nodes takes 80 bytes for that, a Map 230. Looking one up costs a step for each.
 */
import type { Channel } from '../channels/channel.js';
import type { Cursor } from '../streams/cursor.js';

interface Followed {
  readonly channel: Channel;
  readonly cursor: Cursor;
  next: Followed | null;
}

export class Follows {
  #first: Followed | null = null;

  /** The cursor on a channel; undefined where it is not followed. */
  get(channel: Channel): Cursor | undefined {
    let node = this.#first;
    while (node !== null && node.channel !== channel) node = node.next;
    return node?.cursor;
  }

  has(channel: Channel): boolean {
    return this.get(channel) !== undefined;
  }

  /** Takes up a channel that is not followed yet. */
  add(channel: Channel, cursor: Cursor): void {
    const added: Followed = { channel, cursor, next: null };
    let last = this.#first;
    while (last !== null && last.next !== null) last = last.next;
    if (last === null) this.#first = added;
    else last.next = added;
  }

  /** Harmless where the channel is not followed. */
  delete(channel: Channel): void {
    let previous: Followed | null = null;
    let node = this.#first;
    while (node !== null && node.channel !== channel) {
      previous = node;
      node = node.next;
    }
    if (node === null) return;
    if (previous === null) this.#first = node.next;
    else previous.next = node.next;
  }

  clear(): void {
    this.#first = null;
  }

  *channels(): Generator<Channel> {
    for (let node = this.#first; node !== null; node = node.next) yield node.channel;
  }

  *cursors(): Generator<Cursor> {
    for (let node = this.#first; node !== null; node = node.next) yield node.cursor;
  }
}
