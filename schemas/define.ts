/**
 * The vocabulary of the method table. Each prefix has a file that describes its methods with
 * these; `methods.ts` joins them; everything generated comes from that one table.
 */
import { type Static, type TObject, type TSchema, Type } from 'typebox';

export const CLIENT_TO_SERVER = 'Client → Server';
export const SERVER_TO_CLIENT = 'Server → Client';
export const INTERNAL = 'Internal';
export type Direction = typeof CLIENT_TO_SERVER | typeof SERVER_TO_CLIENT | typeof INTERNAL;

/** The internal component that a method's prefix is routed to. */
export type Target =
  | 'ReasoningLayer'
  | 'MemorySystem'
  | 'SkillsManager'
  | 'SystemController'
  | 'ChannelManager'
  | 'HeartbeatHandler';

export const SCOPES = ['chat', 'channels', 'memory', 'skills', 'status', 'admin'] as const;
/** What a token may be allowed to do. */
export type Scope = (typeof SCOPES)[number];

export interface Method<P extends TObject = TObject, R extends TSchema = TSchema> {
  readonly direction: Direction;
  readonly target: Target;
  /** The scope a caller (or, for a notification, its receiver) needs; null: any authenticated connection. */
  readonly scope: Scope | null;
  readonly summary: string;
  readonly params: P;
  /** Null for a server's notification: it is never answered. */
  readonly result: R | null;
  /** The params of the gateway's notifications of the same name, for a method that asks for some. */
  readonly event?: TObject;
  /** Twice is not the same as once: whoever has lost the answer does not know whether to call again. */
  readonly once?: true;
}

interface Head {
  readonly target: Target;
  readonly scope: Scope | null;
  readonly summary: string;
  readonly once?: true;
}

/** A method that clients call. */
export const method = <const P extends TObject, const R extends TSchema>(
  head: Head,
  params: P,
  result: R,
): Method<P, R> & { direction: typeof CLIENT_TO_SERVER; result: R } => ({
  ...head,
  direction: CLIENT_TO_SERVER,
  params,
  result,
});

/** A method with which clients ask for notifications that have its name, and no longer want them. */
export const watching = <const P extends TObject, const R extends TSchema, const E extends TObject>(
  head: Head,
  params: P,
  result: R,
  event: E,
): Omit<Method<P, R>, 'event'> & { direction: typeof CLIENT_TO_SERVER; result: R; event: E } => ({
  ...method(head, params, result),
  event,
});

/** A notification that the gateway sends. */
export const notification = <const P extends TObject>(
  head: Head,
  params: P,
): Method<P, never> & { direction: typeof SERVER_TO_CLIENT; result: null } => ({
  ...head,
  direction: SERVER_TO_CLIENT,
  params,
  result: null,
});

/** A call between the gateway's own parts, listed because the product's table lists it; never callable. */
export const internal = <const P extends TObject, const R extends TSchema>(
  head: Head,
  params: P,
  result: R,
): Method<P, R> & { direction: typeof INTERNAL; result: R } => ({
  ...head,
  direction: INTERNAL,
  params,
  result,
});

/** An object that refuses members it does not name (protocol section 2). */
export const closed = <const P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

export const Id = Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$', description: 'An opaque id.' });
export const ClientId = Type.String({ pattern: '^[A-Za-z0-9._:-]{1,128}$' });
/** Whose channels, memory and notifications: the same names as in `tokens.toml`. */
export const PrincipalName = Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$' });
export const Timestamp = Type.String({ description: 'RFC 3339, UTC.' });
export const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Free-form; at most 16 KiB encoded and 16 levels deep.',
});
/** The same in a request, which may belong to a trace. */
export const RequestMetadata = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'Free-form; at most 16 KiB encoded and 16 levels deep. `traceparent` in it is W3C Trace Context, for this request instead of the handshake’s; ignored where it is malformed.',
});
export const ChannelName = Type.String({ maxLength: 128, description: 'Need not be unique.' });
export const FinishReason = Type.Enum(['stop', 'length', 'cancelled', 'interrupted', 'error']);
export const NotificationType = Type.String({
  minLength: 1,
  maxLength: 64,
  description: '`reminder`, `skill`, `alert` or free text.',
});
/** So short that one always fits a ping, however its characters are written in JSON. */
export const NotificationText = Type.String({ minLength: 1, maxLength: 2048 });
export const Count = Type.Integer({ minimum: 0 });

/** A stream that is already running: follow it with `chat.resume`. */
export const RunningStream = Type.Object({ message_id: Id, channel: Id, next_index: Count });
export const RunningStreams = Type.Array(RunningStream);

export type FinishReason = Static<typeof FinishReason>;
export type RunningStream = Static<typeof RunningStream>;
