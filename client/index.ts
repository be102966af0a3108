/** What both entries of the library export, and how a gateway gets its methods. */
import {
  CALLABLE,
  type CallOptions,
  type ChatMethods,
  type ChatSendParams,
  type Methods,
  type Requests,
} from '../schemas/generated/client.js';
import { GatewayClient } from './client.js';
import type { ConnectOptions } from './options.js';
import type { Reply } from './reply.js';
import type { ChatSendOptions } from './send.js';
import type { SocketFactory } from './socket.js';

export type { Retry } from '../schemas/codes.js';
export type * from '../schemas/generated/client.js';
export type { Session } from './connection.js';
export type { CloseInfo } from './errors.js';
export { ConnectionClosedError, GatewayError, MessageTooLargeError, TooManyCallsError } from './errors.js';
export type { ClientEvents, ConnectOptions, Notification, StateEvent } from './options.js';
export type { Reply } from './reply.js';
export type { Completion } from './reply-stream.js';
export type { BackOff } from './retry.js';
export type { ChatSendOptions } from './send.js';

/** `gateway.chat`: as the protocol has it, but that messages give their replies. */
export interface Chat extends Omit<ChatMethods, 'send'> {
  /** Sends a message. What it returns is the reply, which can be read at once; where sending fails, reading does. */
  send(message: string | ChatSendParams, options?: ChatSendOptions): Reply;
  /**
   * The reply to a message that was sent elsewhere or earlier, from its beginning: such as those in `streams` of an
   * answer. Reading fails where it is not known, with GatewayError 4041.
   */
  follow(messageId: string, options?: CallOptions): Reply;
}

/** A gateway: its methods by prefix, such as `gateway.channel.list()`, and what is common to all. */
export type Gateway = Pick<GatewayClient, 'closed' | 'session' | 'state' | 'request' | 'on' | 'close'> &
  Omit<Methods, 'chat'> & { readonly chat: Chat };

type Namespaces = Record<string, Record<string, unknown>>;

/** Every method that can be called, by prefix. */
const methodsOf = (client: GatewayClient): Namespaces => {
  const namespaces: Namespaces = {};
  for (const name of CALLABLE as readonly (keyof Requests)[]) {
    const [prefix = '', method = ''] = name.split('.');
    const methods = namespaces[prefix] ?? {};
    namespaces[prefix] = methods;
    methods[method] = (params: never = {} as never, options?: CallOptions) =>
      client.request(name, params, options);
  }
  return namespaces;
};

/** Connects by way of the sockets that `open` makes. */
export const connectBy = async (options: ConnectOptions, open: SocketFactory): Promise<Gateway> => {
  const client = new GatewayClient(options, open);
  const { replies } = client;
  const { chat, ...methods } = methodsOf(client);
  const own: Pick<Chat, 'send' | 'follow'> = {
    send: (message, sendOptions = {}) => replies.send(message, sendOptions),
    follow: (messageId, callOptions = {}) => replies.follow(messageId, callOptions),
  };
  Object.assign(client, methods, { chat: { ...chat, ...own } });
  await client.connect();
  return client as unknown as Gateway;
};
