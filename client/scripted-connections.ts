/** For tests: a scripted gateway that knows which of a client's connections is talking, and clients that come back soon. */
import type { TestContext } from 'node:test';
import type { WebSocket } from 'ws';
import { type ConnectOptions, connect, type Gateway, type StateEvent } from './node.js';
import { type Answer, listen, type Message, SESSION, send } from './scripted-gateway.js';

/** What one connection has said, in order; the handshake first. */
export interface Heard {
  readonly socket: WebSocket;
  readonly messages: Message[];
}

interface Script {
  /** Answers handshakes; left out: accepted, and resumed where that is asked for. */
  readonly handshake?: (heard: Heard, message: Message, at: number) => void;
  /** @param at which connection it is, from 0 */
  readonly answer: (heard: Heard, message: Message, at: number) => void;
}

/** Listens by a script that knows which connection is talking. */
export const listenBy = async (t: TestContext, { answer, handshake }: Script) => {
  const connections: Heard[] = [];
  const of = (socket: WebSocket): number => connections.findIndex((heard) => heard.socket === socket);
  const greet: Answer = (socket, message) => {
    connections.push({ socket, messages: [message] });
    const at = connections.length - 1;
    const heard = connections[at] as Heard;
    if (handshake !== undefined) handshake(heard, message, at);
    else welcome(heard, message);
  };
  const url = await listen(
    t,
    (socket, message) => {
      const at = of(socket);
      const heard = connections[at] as Heard;
      heard.messages.push(message);
      answer(heard, message, at);
    },
    greet,
  );
  return { url, connections };
};

/** Accepts a handshake, and resumes where that is asked for. */
export const welcome = (
  { socket }: Heard,
  { id, params }: Message,
  change: Partial<typeof SESSION> = {},
): void => send(socket, { id, result: { ...SESSION, resumed: params.resume !== undefined, ...change } });

/** Connects; closed when the test ends. */
export const open = async (
  t: TestContext,
  url: string,
  options: Partial<ConnectOptions> = {},
): Promise<Gateway> => {
  const gateway = await connect({
    url,
    token: 'oc_local_test',
    clientId: 'test',
    backOff: { firstMs: 1, mostMs: 5 },
    ...options,
  });
  t.after(() => gateway.close());
  return gateway;
};

/** The next event of that state. */
export const state = <S extends StateEvent['state']>(gateway: Gateway, wanted: S) =>
  new Promise<StateEvent & { state: S }>((resolve) => {
    const stop = gateway.on('state', (event) => {
      if (event.state !== wanted) return;
      stop();
      resolve(event as StateEvent & { state: S });
    });
  });

/** What it was asked, in order. */
export const methodsOf = (heard: Heard | undefined): string[] =>
  heard?.messages.map(({ method }) => method) ?? [];
