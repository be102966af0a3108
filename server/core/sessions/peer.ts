/**
 * A connection as the core sees it. The socket room's connection extends this; nothing in the
 * core knows what carries the frames.
 */
import type { CloseName } from '../../../schemas/codes.js';
import type { Lobby } from './lobby.js';
import type { Session } from './session.js';

/** What became of a frame. Dropped ones are gone: the connection can only be closed. */
export const SENT = 1;
export const BUFFERED = 0;
export const DROPPED = 2;
export type SendOutcome = typeof SENT | typeof BUFFERED | typeof DROPPED;

export abstract class Peer {
  /** The remote address as text, for throttling and the log. */
  abstract readonly address: string;
  closed = false;
  /** Set from the handshake on. */
  session: Session | null = null;
  /** What is known until the handshake; null after it. */
  lobby: Lobby | null = null;

  /** It has authenticated, and no longer counts as a stranger. */
  abstract admitted(): void;
  /** Sends a text frame. Must not be called once `closed`. */
  abstract send(text: string): SendOutcome;
  /** Bytes that the socket has not taken yet; 0 inside a socket callback, whatever was sent there. */
  abstract get unsentBytes(): number;
  /** Sends the close frame behind everything sent before. Harmless twice. */
  abstract close(name: CloseName): void;
}
