/** The one typed user-data object of a WebSocket: the core's peer on uWebSockets.js. */
import { CLOSES, type CloseName } from '../../schemas/codes.js';
import type { Lobby } from '../core/sessions/lobby.js';
import type { Peer, SendOutcome } from '../core/sessions/peer.js';
import type { Session } from '../core/sessions/session.js';
import type { WebSocket } from './uws.js';

/** By what the library's `send` returns. */
const OUTCOMES: readonly SendOutcome[] = ['buffered', 'sent', 'dropped'];

const SENT = OUTCOMES.indexOf('sent');

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
  #mayBeUnsent = false;
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
  receive(
    data: ArrayBuffer,
    take: (connection: Connection, frame: Uint8Array, buffer: ArrayBuffer) => void,
  ): void {
    corked = this;
    try {
      take(this, new Uint8Array(data), data);
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
    const status = this.#socket.send(frame, false, false);
    if (status !== SENT || corked === this) this.#mayBeUnsent = true;
    return OUTCOMES[status] ?? 'dropped';
  }

  get unsentBytes(): number {
    if (!this.#mayBeUnsent || this.#socket === null) return 0;
    const bytes = this.#socket.getBufferedAmount();
    if (bytes === 0 && corked !== this) this.#mayBeUnsent = false;
    return bytes;
  }

  close(name: CloseName): void {
    if (this.closed) return;
    this.closed = true;
    this.ended = true;
    const { code, reason } = CLOSES[name];
    this.#socket?.end(code, reason);
  }
}
