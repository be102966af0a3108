/** The one typed user-data object of a WebSocket: the core's peer on uWebSockets.js. */
import { CLOSES, type CloseName } from '../../schemas/codes.js';
import type { Lobby } from '../core/sessions/lobby.js';
import type { Peer, WholeBuffer } from '../core/sessions/peer.js';
import type { Session } from '../core/sessions/session.js';
import type { WebSocket } from './uws.js';

/** What the library's `send` returns besides 0: the frame waits. */
const SENT = 1;
const DROPPED = 2;
/**
 * The library's binary for Node 24 sends the bytes of a string as V8 keeps them: one whose characters are all below U+0100 as
 * Latin-1, which is no UTF-8 (RFC 6455 section 8.1). That for Node 20 (ABI 115) encodes every string; no other one is trusted to.
 */
const RAW_LATIN1 = process.versions.modules !== '115';

const encoded = (frame: string | Uint8Array): string | Uint8Array =>
  typeof frame === 'string' && Buffer.byteLength(frame) !== frame.length ? Buffer.from(frame) : frame;

/** Who takes a frame's bytes, which stand in `buffer` from `offset` on. */
export type TakeFrame = (
  connection: Connection,
  frame: Uint8Array,
  buffer: ArrayBufferLike,
  offset: number,
) => void;

/** The connection whose socket's callback is running; the library has corked it for that time. */
let corked: Connection | null = null;

/** uWebSockets.js copies own properties onto its socket and loses the prototype: so a connection is a property. */
export interface UserData {
  readonly connection: Connection;
}

export class Connection implements Peer {
  // What every message touches comes first and together, as fields stand in memory in this order.
  closed = false;
  authenticated = false;
  session: Session | null = null;
  lobby: Lobby | null = null;
  /** Null before the upgrade is through, and once it is closed: every method would throw then. */
  #socket: WebSocket<UserData> | null = null;
  /** False: nothing is, and the library need not be asked. */
  #mayBeUnsent = false;
  readonly address: string;
  /** Under which the address is counted. */
  readonly addressKey: string;
  ending: CloseName | number | null = null;
  /** The gateway has ended it: its descriptor lives on until the client has closed its side, 16 s at most. */
  ended = false;
  readonly #onAdmitted: (connection: Connection) => void;

  constructor(address: string, addressKey: string, onAdmitted: (connection: Connection) => void) {
    this.address = address;
    this.addressKey = addressKey;
    this.#onAdmitted = onAdmitted;
  }

  opened(socket: WebSocket<UserData>): void {
    this.#socket = socket;
  }

  /** Called by the library's close event; `end` raises that within its call. */
  gone(code: number): void {
    this.closed = true;
    this.ending ??= code;
    this.#socket = null;
  }

  /** Takes a message in its socket's callback: what is sent back at once leaves in one write at its end. */
  receive(frame: Uint8Array, buffer: ArrayBuffer, take: TakeFrame): void {
    corked = this;
    try {
      take(this, frame, buffer, 0);
    } finally {
      corked = null;
    }
  }

  admitted(): void {
    this.authenticated = true;
    this.#onAdmitted(this);
  }

  /** Outside of a cork it is one write, header and all, and says truly whether something is left (probed with strace). */
  send(frame: string | Uint8Array, knownBytes = -1): number {
    if (this.#socket === null) return -1;
    if (!this.#took(this.#socket.send(RAW_LATIN1 ? encoded(frame) : frame, false, false))) return -1;
    if (typeof frame !== 'string') return frame.length;
    // Behind the sending, which makes one text of the pieces that it was put together from.
    return knownBytes >= 0 ? knownBytes : Buffer.byteLength(frame);
  }

  sendWhole({ bytes, buffer }: WholeBuffer): number {
    if (this.#socket === null) return -1;
    return this.#took(this.#socket.send(buffer, false, false)) ? bytes.length : -1;
  }

  /** @param status of a `send` */
  #took(status: number): boolean {
    if (status !== SENT || corked === this) this.#mayBeUnsent = true;
    return status !== DROPPED;
  }

  /** Sends frames in one write, as far as they fit into one. */
  sendAll(frames: readonly Uint8Array[]): boolean {
    const [first] = frames;
    if (first === undefined) return true;
    if (frames.length === 1) return this.send(first) >= 0;
    const socket = this.#socket;
    if (socket === null) return false;
    this.#mayBeUnsent = true;
    let isDropped = false;
    socket.cork(() => {
      for (const frame of frames) if (socket.send(frame, false, false) === DROPPED) isDropped = true;
    });
    return !isDropped;
  }

  get unsentBytes(): number {
    if (!this.#mayBeUnsent || this.#socket === null) return 0;
    const bytes = this.#socket.getBufferedAmount();
    if (bytes === 0 && corked !== this) this.#mayBeUnsent = false;
    return bytes;
  }

  get backlogBytes(): number {
    return this.unsentBytes;
  }

  get hasRoom(): boolean {
    return this.unsentBytes === 0;
  }

  close(name: CloseName): void {
    if (this.closed) return;
    this.closed = true;
    this.ended = true;
    this.ending = name;
    const { code, reason } = CLOSES[name];
    this.#socket?.end(code, reason);
  }
}
