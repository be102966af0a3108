/**
 * A connection as the core sees it. The socket room's connection is one; nothing in the core
 * knows what carries the frames.
 */
import type { CloseName } from '../../../schemas/codes.js';
import type { Lobby } from './lobby.js';
import type { Session } from './session.js';

/** Bytes that fill their buffer. A socket takes a buffer in less time than a view on one. */
export interface WholeBuffer {
  readonly bytes: Uint8Array;
  readonly buffer: ArrayBuffer;
}

export interface Peer {
  /** The remote address as text, for throttling and the log. */
  readonly address: string;
  readonly closed: boolean;
  /** How it ended: the gateway’s close by its name, the client’s by its code (1006: none came); null: not yet, or unknown. */
  readonly ending: CloseName | number | null;
  /** Set from the handshake on. */
  session: Session | null;
  /** What is known until the handshake; null after it. */
  lobby: Lobby | null;

  /** It has authenticated, and no longer counts as a stranger. */
  admitted(): void;
  /**
   * Sends a text frame; bytes are UTF-8 and need not outlive the call. Must not be called once `closed`. Returns the
   * frame's bytes; −1: it is gone, and the connection can only be closed.
   * @param knownBytes of a text, where they are known
   */
  send(frame: string | Uint8Array, knownBytes?: number): number;
  /** The same for bytes that are known to be all of their buffer. */
  sendWhole(frame: WholeBuffer): number;
  /**
   * Bytes that the socket has not taken yet, or that are still on their way to it; 0 inside a socket callback,
   * whatever was sent there.
   */
  readonly unsentBytes: number;
  /** Those of them that the socket was offered and did not take: they wait for the client. */
  readonly backlogBytes: number;
  /** Whether more of what can wait may be sent now. */
  readonly hasRoom: boolean;
  /** Sends the close frame behind everything sent before. Harmless twice. */
  close(name: CloseName): void;
}
