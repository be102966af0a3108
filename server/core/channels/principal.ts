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
  /** What its messages cost that have no reply yet, those on their way to the store included. */
  unansweredBytes = 0;
  /** Calls and handshakes that a port has yet to answer. */
  #holds = 0;
  readonly #onIdle: (principal: Principal) => void;

  /** @param onIdle called when nothing of it is in use any more */
  constructor(
    name: string,
    channels: readonly { channelId: string; name: string }[],
    onIdle: (principal: Principal) => void,
  ) {
    this.name = name;
    this.#onIdle = onIdle;
    for (const { channelId, name: channelName } of channels) {
      this.channels.set(channelId, new Channel(this, channelId, channelName));
    }
  }

  get defaultChannel(): Channel {
    const channel = this.channels.get(DEFAULT_CHANNEL_ID);
    if (channel === undefined) throw new Error(`principal without a ${DEFAULT_CHANNEL_ID} channel`);
    return channel;
  }

  /** Something is under way whose end will need this very object. */
  get held(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds += 1;
  }

  /** Ends a {@link hold}. */
  release(): void {
    this.#holds -= 1;
    this.settle();
  }

  /** Call it when a session or a run has gone. */
  settle(): void {
    if (this.sessions.size === 0 && this.runs.size === 0 && this.#holds === 0) this.#onIdle(this);
  }
}

/** Channels of idle principals that are kept: whoever comes back soon need not be loaded again. */
const MAX_IDLE_CHANNELS = 1024;

/** The principals in use, and some that were a moment ago; the store knows the others still. */
export class Principals {
  readonly #memory: MemoryPort;
  readonly #principals = new Map<string, Principal>();
  /** Of those the idle ones, in the order in which they became idle, and how many channels each had then. */
  readonly #idle = new Map<Principal, number>();
  #idleChannels = 0;
  readonly #loading = new Map<string, Promise<Principal>>();

  constructor(memory: MemoryPort) {
    this.#memory = memory;
  }

  /** Everyone in use or lately so, in no order. */
  values(): IterableIterator<Principal> {
    return this.#principals.values();
  }

  /**
   * The principal of that name, loaded where it was not in use, and held: {@link Principal.release}
   * it. Rejects with the store's error.
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
    this.#wake(principal);
    principal.hold();
    return principal;
  }

  /** The principal of that name where it is in use, lately was, or is about to be; else null. */
  async inUse(name: string): Promise<Principal | null> {
    return this.#principals.get(name) ?? this.#loading.get(name)?.catch(() => null) ?? null;
  }

  readonly #rest = (principal: Principal): void => {
    if (this.#principals.get(principal.name) !== principal || this.#idle.has(principal)) return;
    for (const { log } of principal.channels.values()) log.forgetBefore(log.end);
    this.#idle.set(principal, principal.channels.size);
    this.#idleChannels += principal.channels.size;
    for (const oldest of this.#idle.keys()) {
      if (this.#idleChannels <= MAX_IDLE_CHANNELS) return;
      this.#wake(oldest);
      this.#principals.delete(oldest.name);
    }
  };

  #wake(principal: Principal): void {
    this.#idleChannels -= this.#idle.get(principal) ?? 0;
    this.#idle.delete(principal);
  }

  async #load(name: string): Promise<Principal> {
    try {
      return new Principal(name, await this.#memory.openPrincipal(name), this.#rest);
    } finally {
      this.#loading.delete(name);
    }
  }
}
