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
    principal.hold();
    return principal;
  }

  /** The principal of that name where it is in use or about to be; else null. */
  async inUse(name: string): Promise<Principal | null> {
    return this.#principals.get(name) ?? this.#loading.get(name)?.catch(() => null) ?? null;
  }

  readonly #forget = (principal: Principal): void => {
    if (this.#principals.get(principal.name) === principal) this.#principals.delete(principal.name);
  };

  async #load(name: string): Promise<Principal> {
    try {
      return new Principal(name, await this.#memory.openPrincipal(name), this.#forget);
    } finally {
      this.#loading.delete(name);
    }
  }
}
