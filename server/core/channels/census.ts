/**
 * How many channels are in use, counted a part at a time: with a hundred thousand of them nobody is to wait for the
 * count, and one that is some seconds old will do.
 */
import type { Channel } from './channel.js';
import type { Principal } from './principal.js';

/** Something happened in a channel within this time, or it has a follower: it is in use. */
const ACTIVE_MS = 60 * 60 * 1000;

export const isActive = (channel: Channel, nowMs: number): boolean =>
  channel.log.firstCursor !== null || nowMs - channel.lastActivityMs < ACTIVE_MS;

export class ChannelCensus {
  readonly #principals: () => Iterable<Principal>;
  #left: Iterator<Channel> | null = null;
  #counting = 0;
  /** Of the last count that was finished. */
  active = 0;

  constructor(principals: () => Iterable<Principal>) {
    this.#principals = principals;
  }

  /** Looks at `channels` more of them. What comes or goes meanwhile counts or does not. */
  goOn(nowMs: number, channels: number): void {
    this.#left ??= channelsOf(this.#principals());
    for (let looked = 0; looked < channels; looked += 1) {
      const { done, value } = this.#left.next();
      if (done === true) {
        this.active = this.#counting;
        this.#counting = 0;
        this.#left = null;
        return;
      }
      if (isActive(value, nowMs)) this.#counting += 1;
    }
  }
}

function* channelsOf(principals: Iterable<Principal>): Generator<Channel, undefined> {
  for (const principal of principals) yield* principal.channels.values();
  return undefined;
}
