/**
 * The method table: every message of the protocol, once. Generation reads it at build time;
 * the running gateway uses what was generated and the types below, and never loads TypeBox.
 */
import type { Static, TSchema } from 'typebox';
import { auth } from './auth.js';
import { channel } from './channel.js';
import { chat } from './chat.js';
import type { CLIENT_TO_SERVER, SERVER_TO_CLIENT } from './define.js';
import { heartbeat } from './heartbeat.js';
import { memory } from './memory.js';
import { rpc } from './rpc.js';
import { skill } from './skill.js';
import { system } from './system.js';

export const methods = {
  ...auth,
  ...chat,
  ...channel,
  ...memory,
  ...skill,
  ...heartbeat,
  ...system,
  ...rpc,
};

type Table = typeof methods;
type OfDirection<D> = { [N in keyof Table]: Table[N]['direction'] extends D ? N : never }[keyof Table];

/** Names that a client may call. */
export type ClientMethod = OfDirection<typeof CLIENT_TO_SERVER>;
/** Methods that clients call for notifications of the same name. */
type WatchingMethod = { [N in keyof Table]: Table[N] extends { event: TSchema } ? N : never }[keyof Table];
/** Names that the gateway sends as notifications. */
export type ServerNotification = OfDirection<typeof SERVER_TO_CLIENT> | WatchingMethod;
/** The `params` of a method that is called. */
export type Params<N extends keyof Table> = Static<Table[N]['params']>;
/** The `params` of a notification that the gateway sends. */
export type Notified<N extends ServerNotification> = Table[N] extends { event: infer E extends TSchema }
  ? Static<E>
  : Params<N>;
/** The `result` of a method. */
export type Result<N extends ClientMethod> = Table[N]['result'] extends TSchema
  ? Static<Table[N]['result']>
  : never;
