/** The one typed user-data object of a WebSocket: the core's peer on uWebSockets.js. */
import { CLOSES, type CloseName } from '../../schemas/codes.js';
import { Peer, SENT, type SendOutcome } from '../core/sessions/peer.js';
import type { WebSocket } from './uws.js';

/** uWebSockets.js copies own properties onto its socket and loses the prototype: so a connection is a property. */
export interface UserData {
  readonly connection: Connection;
}

export class Connection extends Peer {
  override readonly address: string;
  /** Under which the address is counted. */
  readonly addressKey: string;
  authenticated = false;
  /** Null before the upgrade is through, and once it is closed: every method would throw then. */
  #socket: WebSocket<UserData> | null = null;
  readonly #onAdmitted: (connection: Connection) => void;
  #frame = '';
  #outcome: SendOutcome = SENT;

  constructor(address: string, addressKey: string, onAdmitted: (connection: Connection) => void) {
    super();
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

  override admitted(): void {
    this.authenticated = true;
    this.#onAdmitted(this);
  }

  override send(text: string): SendOutcome {
    if (this.#socket === null) return SENT;
    // Corked, header and payload leave in one write; inside a socket callback it is corked already.
    this.#frame = text;
    this.#socket.cork(this.#sendFrame);
    return this.#outcome;
  }

  readonly #sendFrame = (): void => {
    if (this.#socket !== null) this.#outcome = this.#socket.send(this.#frame, false, false) as SendOutcome;
    this.#frame = '';
  };

  override get unsentBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  override close(name: CloseName): void {
    if (this.closed) return;
    this.closed = true;
    const { code, reason } = CLOSES[name];
    this.#socket?.end(code, reason);
  }
}
