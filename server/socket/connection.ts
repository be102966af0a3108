/** The one typed user-data object of a WebSocket: the core's peer on uWebSockets.js. */
import { CLOSES, type CloseName } from '../../schemas/codes.js';
import type { Lobby } from '../core/sessions/lobby.js';
import type { Peer, SendOutcome } from '../core/sessions/peer.js';
import type { Session } from '../core/sessions/session.js';
import type { WebSocket } from './uws.js';

/** By what the library's `send` returns. */
const OUTCOMES: readonly SendOutcome[] = ['buffered', 'sent', 'dropped'];
const DROPPED = OUTCOMES.indexOf('dropped');

/** What {@link sendInHand} sends: one function for all connections, where a closure for each would cost 100 bytes. */
let socketInHand: WebSocket<UserData>;
let frameInHand: string | Uint8Array = '';
let statusInHand = 0;

const sendInHand = (): void => {
  statusInHand = socketInHand.send(frameInHand, false, false);
};

/** The connection whose socket's callback is running; the library has corked it for that time. */
let corked: Connection | null = null;

/** uWebSockets.js copies own properties onto its socket and loses the prototype: so a connection is a property. */
export interface UserData {
  readonly connection: Connection;
}

export class Connection implements Peer {
  readonly address: string;
  /** Under which the address is counted. */
  readonly addressKey: string;
  closed = false;
  /** The gateway has ended it: its descriptor lives on until the client has closed its side, 16 s at most. */
  ended = false;
  authenticated = false;
  session: Session | null = null;
  lobby: Lobby | null = null;
  /** Null before the upgrade is through, and once it is closed: every method would throw then. */
  #socket: WebSocket<UserData> | null = null;
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
  gone(): void {
    this.closed = true;
    this.#socket = null;
  }

  /** Takes a message in its socket's callback: what is sent back at once leaves in one write at its end. */
  receive(data: ArrayBuffer, take: (connection: Connection, frame: Uint8Array) => void): void {
    corked = this;
    try {
      take(this, new Uint8Array(data));
    } finally {
      corked = null;
    }
  }

  admitted(): void {
    this.authenticated = true;
    this.#onAdmitted(this);
  }

  send(frame: string | Uint8Array): SendOutcome {
    if (this.#socket === null) return 'dropped';
    if (corked === this) return OUTCOMES[this.#socket.send(frame, false, false)] ?? 'dropped';
    // Corked, header and payload leave in one write.
    socketInHand = this.#socket;
    frameInHand = frame;
    this.#socket.cork(sendInHand);
    frameInHand = '';
    return OUTCOMES[statusInHand] ?? 'dropped';
  }

  /** Sends frames in one write, as far as they fit into one. */
  sendAll(frames: readonly Uint8Array[]): SendOutcome {
    const [first] = frames;
    if (first === undefined) return 'sent';
    if (frames.length === 1) return this.send(first);
    const socket = this.#socket;
    if (socket === null) return 'dropped';
    let isDropped = false;
    socket.cork(() => {
      for (const frame of frames) if (socket.send(frame, false, false) === DROPPED) isDropped = true;
    });
    if (isDropped) return 'dropped';
    return socket.getBufferedAmount() === 0 ? 'sent' : 'buffered';
  }

  get unsentBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
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
    const { code, reason } = CLOSES[name];
    this.#socket?.end(code, reason);
  }
}
