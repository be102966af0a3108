/** What a caller of the library says and hears. */
import type { HeartbeatPingEvent, ServerEvents } from '../schemas/generated/client.js';
import type { Session } from './connection.js';
import type { CloseInfo } from './errors.js';
import type { LinkError } from './link.js';
import type { Reply } from './reply.js';
import type { BackOff } from './retry.js';

export interface ConnectOptions {
  /** `ws://` or `wss://`; never with the token in it. */
  readonly url: string;
  readonly token: string;
  /** 1–128 of `[A-Za-z0-9._:-]`; names this client to others on the channel. */
  readonly clientId: string;
  /** 1–128 characters; default: the library's. */
  readonly clientVersion?: string;
  /** The `session.session_id` of an earlier client, to go on on its channels: within five minutes of its end, or in its place. */
  readonly session?: string;
  /** Ends the attempt to connect, and after that the client. */
  readonly signal?: AbortSignal;
  /** From opening a socket to the end of the handshake. 10 000. */
  readonly timeoutMs?: number;
  /**
   * Whether to connect again, and to send again, by the protocol's retry rules, and to keep to the gateway's rate limit. Default
   * true; false: every failure is the caller's.
   */
  readonly retry?: boolean;
  /** Whether the first connection, too, is tried again until it works or cannot. Default false. */
  readonly retryFirst?: boolean;
  /** Is told what the event `state` tells, from the first attempt on: before `connect` resolves nobody can listen for that. */
  readonly onState?: (event: StateEvent) => void;
  /** The random waits between attempts: up to 500 ms at first, twice that with each failure, never over 30 000 ms. */
  readonly backOff?: Partial<BackOff>;
  /** UTF-16 units of a reply kept for a reader that is slow, about; what follows is left with the gateway until there is room. 1 048 576. */
  readonly maxUnreadChars?: number;
  /** Calls without an answer at a time; one more fails with TooManyCallsError. 1 024. */
  readonly maxCalls?: number;
  /** UTF-16 units of all of those together. 16 777 216. */
  readonly maxCallChars?: number;
  /** From 0, idle, to 1: told to the gateway with every heartbeat. */
  readonly load?: () => number;
}

/** What became of the connection. */
export type StateEvent =
  | { readonly state: 'connecting' }
  /** `session.resumed` says whether the gateway knew the session; what it did not know has been told it. */
  | { readonly state: 'open'; readonly session: Session }
  /** Until the next attempt, for so long, or until `retryNow` is called. */
  | {
      readonly state: 'waiting';
      readonly delayMs: number;
      readonly error: LinkError;
      readonly retryNow: () => void;
    }
  /** For good. */
  | { readonly state: 'closed'; readonly close: CloseInfo };

/** One of those that ride on the heartbeat. */
export type Notification = HeartbeatPingEvent['notifications'][number];

/** Every event by its name: the gateway's notifications, and what the library makes of them. */
export interface ClientEvents extends ServerEvents {
  state: StateEvent;
  /** Each once, however often it comes. */
  notification: Notification;
  /** The reply to a message that another connection sent to a channel that is followed. */
  reply: Reply;
}
