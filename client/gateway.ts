/** A gateway as the library's user has it: the client, with its methods under their names. */
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
export type Gateway = Pick<
  GatewayClient,
  'closed' | 'session' | 'state' | 'request' | 'on' | 'retryNow' | 'close'
> &
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
