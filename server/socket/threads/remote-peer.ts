/** A connection as the core sees it whose socket is in another thread. */
import type { CloseName } from '../../../schemas/codes.js';
import type { Lobby } from '../../core/sessions/lobby.js';
import type { Peer, WholeBuffer } from '../../core/sessions/peer.js';
import type { Session } from '../../core/sessions/session.js';

/**
 * Who is that far behind that its frames are full, as full as merging makes them, may have some of them on their way
 * at a time; what is small waits, and is merged with what comes meanwhile.
 */
const FULL_FRAME_BYTES = 8 * 1024;
const MOST_UNDERWAY_BYTES = 64 * 1024;

/** What brings a peer's frames to its socket. */
export interface Carrier {
  /** Takes a frame with it. Returns its bytes, of which {@link RemotePeer.arrived} hears when they are there. */
  carry(peer: RemotePeer, frame: string | Uint8Array): number;
  /** Little is on its way, for all its peers together. */
  readonly hasRoom: boolean;
  admitted(peer: RemotePeer): void;
  close(peer: RemotePeer, name: CloseName): void;
}

export class RemotePeer implements Peer {
  readonly address: string;
  /** Among the connections of its thread. */
  readonly number: number;
  closed = false;
  ending: CloseName | number | null = null;
  session: Session | null = null;
  lobby: Lobby | null = null;
  /** What its socket had not taken when its thread last told. */
  backlogBytes = 0;
  #underwayBytes = 0;
  #lastBytes = 0;
  readonly #carrier: Carrier;

  constructor(carrier: Carrier, number: number, address: string) {
    this.#carrier = carrier;
    this.number = number;
    this.address = address;
  }

  get unsentBytes(): number {
    return this.#underwayBytes + this.backlogBytes;
  }

  get hasRoom(): boolean {
    if (this.backlogBytes > 0) return false;
    if (this.#underwayBytes === 0) return true;
    const isFull = this.#lastBytes >= FULL_FRAME_BYTES;
    return isFull && this.#underwayBytes < MOST_UNDERWAY_BYTES && this.#carrier.hasRoom;
  }

  admitted(): void {
    this.#carrier.admitted(this);
  }

  send(frame: string | Uint8Array): number {
    if (this.closed) return -1;
    this.#lastBytes = this.#carrier.carry(this, frame);
    this.#underwayBytes += this.#lastBytes;
    return this.#lastBytes;
  }

  sendWhole({ bytes }: WholeBuffer): number {
    return this.send(bytes);
  }

  /** So many bytes of what it was sent have been given to its socket. */
  arrived(bytes: number): void {
    this.#underwayBytes -= bytes;
  }

  close(name: CloseName): void {
    if (this.closed) return;
    this.closed = true;
    this.ending = name;
    this.#carrier.close(this, name);
  }
}
