/** What is asked and not answered yet, as far as a trace has seen it: to which request a frame belongs, and how old it is. */
import type { Peer } from '../sessions/peer.js';

/** Replies whose request is remembered; the oldest are forgotten first. */
const MAX_REPLIES = 10_000;
/** Of one connection: more than the gateway ever takes at a time. */
const MAX_CALLS = 1024;

export interface Call {
  readonly msgId: string;
  readonly method: string;
  readonly channel: string;
  readonly atMs: number;
}

interface Asked {
  readonly byId: Map<string, Call>;
  /** As it calls itself in its handshake. */
  clientId: string | null;
  lastAtMs: number;
}

export class Calls {
  #byPeer = new WeakMap<Peer, Asked>();
  readonly #replies = new Map<string, string>();

  /** A frame of a connection was received. */
  received(peer: Peer, atMs: number): void {
    this.#of(peer).lastAtMs = atMs;
  }

  /** A connection that has not authenticated says who it is. */
  named(peer: Peer, clientId: string): void {
    this.#of(peer).clientId = clientId;
  }

  clientOf(peer: Peer): string | null {
    return peer.session?.clientId ?? this.#byPeer.get(peer)?.clientId ?? null;
  }

  /** @param idJson the request's id as JSON; an earlier request of that id is forgotten */
  asked(peer: Peer, idJson: string, call: Call): void {
    const { byId } = this.#of(peer);
    if (byId.size < MAX_CALLS || byId.has(idJson)) byId.set(idJson, call);
  }

  /** When the request was received; that of a notification: the last frame of its connection. Null: before the trace began. */
  receivedAtMs(peer: Peer, idJson: string | null): number | null {
    const asked = this.#byPeer.get(peer);
    if (asked === undefined) return null;
    return (idJson === null ? undefined : asked.byId.get(idJson)?.atMs) ?? asked.lastAtMs;
  }

  /** The call that is answered now. */
  answered(peer: Peer, idJson: string): Call | undefined {
    const byId = this.#byPeer.get(peer)?.byId;
    const call = byId?.get(idJson);
    byId?.delete(idJson);
    return call;
  }

  /** A message has its id: what comes of it belongs to that request. A repeated message changes nothing. */
  replyBegins(messageId: string, msgId: string): void {
    if (this.#replies.has(messageId)) return;
    if (this.#replies.size >= MAX_REPLIES) {
      for (const oldest of this.#replies.keys()) {
        this.#replies.delete(oldest);
        break;
      }
    }
    this.#replies.set(messageId, msgId);
  }

  /** The request that a message came with; undefined where it is not known. */
  requestOf(messageId: string): string | undefined {
    return this.#replies.get(messageId);
  }

  clear(): void {
    this.#byPeer = new WeakMap();
    this.#replies.clear();
  }

  #of(peer: Peer): Asked {
    let asked = this.#byPeer.get(peer);
    if (asked === undefined) {
      asked = { byId: new Map(), clientId: null, lastAtMs: 0 };
      this.#byPeer.set(peer, asked);
    }
    return asked;
  }
}
