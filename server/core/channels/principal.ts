/** A principal while it is connected or something of it still runs: its channels, sessions and runs. */
import type { MemoryPort } from '../../backends/memory/port.js';
import type { Run } from '../runs/run.js';
import type { Session } from '../sessions/session.js';
import { Channel, DEFAULT_CHANNEL_ID } from './channel.js';

export class Principal {
  readonly name: string;
  readonly channels = new Map<string, Channel>();
  readonly sessions = new Set<Session>();
  /** Every run that can still be followed, by the id of its message. */
  readonly runs = new Map<string, Run>();
  /** Handshakes that are about to add a session. */
  arriving = 0;

  constructor(name: string, channels: readonly { channelId: string; name: string }[]) {
    this.name = name;
    for (const { channelId, name: channelName } of channels) {
      this.channels.set(channelId, new Channel(this, channelId, channelName));
    }
  }

  get defaultChannel(): Channel {
    const channel = this.channels.get(DEFAULT_CHANNEL_ID);
    if (channel === undefined) throw new Error(`principal without a ${DEFAULT_CHANNEL_ID} channel`);
    return channel;
  }

  get idle(): boolean {
    return this.sessions.size === 0 && this.runs.size === 0 && this.arriving === 0;
  }
}

/** The principals in use. One that is idle is forgotten; the store knows it still. */
export class Principals {
  readonly #memory: MemoryPort;
  readonly #principals = new Map<string, Principal>();
  readonly #loading = new Map<string, Promise<Principal>>();

  constructor(memory: MemoryPort) {
    this.#memory = memory;
  }

  /** Everyone in use, in no order. */
  values(): IterableIterator<Principal> {
    return this.#principals.values();
  }

  /**
   * The principal of that name, loaded where it was not in use, and kept until {@link release}.
   * Rejects with the store's error.
   */
  async acquire(name: string): Promise<Principal> {
    let principal = this.#principals.get(name);
    if (principal === undefined) {
      let loading = this.#loading.get(name);
      if (loading === undefined) {
        loading = this.#load(name);
        this.#loading.set(name, loading);
      }
      principal = await loading;
      this.#principals.set(name, principal);
    }
    principal.arriving += 1;
    return principal;
  }

  /** Ends an {@link acquire}. */
  release(principal: Principal): void {
    principal.arriving -= 1;
    this.forgetIfIdle(principal);
  }

  forgetIfIdle(principal: Principal): void {
    if (principal.idle) this.#principals.delete(principal.name);
  }

  async #load(name: string): Promise<Principal> {
    try {
      return new Principal(name, await this.#memory.openPrincipal(name));
    } finally {
      this.#loading.delete(name);
    }
  }
}
