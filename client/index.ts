/** What both entries of the library export. */
export type { Retry } from '../schemas/codes.js';
export type * from '../schemas/generated/client.js';
export type { Session } from './connection.js';
export type { CloseInfo } from './errors.js';
export { ConnectionClosedError, GatewayError, MessageTooLargeError, TooManyCallsError } from './errors.js';
export type { Chat, Gateway } from './gateway.js';
export type { ClientEvents, ConnectOptions, Notification, StateEvent } from './options.js';
export type { Reply } from './reply.js';
export type { Completion } from './reply-stream.js';
export type { BackOff } from './retry.js';
export type { ChatSendOptions } from './send.js';
