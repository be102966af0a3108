/** For tests: a gateway that accepts every handshake and otherwise says what the test tells it to. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Params, Result } from '../schemas/methods.js';

export interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export type Answer = (socket: WebSocket, message: Message) => void;

export const SESSION: Result<'auth.handshake'> = {
  session_id: 'sess-1',
  channels: ['default'],
  heartbeat_interval: 30,
  server_version: '0.9.4',
  scopes: ['chat'],
  limits: { max_message_bytes: 2048, messages_per_second: 10, burst_size: 20 },
  resumed: false,
  streams: [],
};

/** What `chat.send` answers for the message that {@link chunk} and {@link completion} belong to. */
export const SENT: Result<'chat.send'> = { message_id: 'msg-1', channel: 'default', seq: 1 };

export const chunk = (text: string, index: number, change: Partial<Params<'chat.stream'>> = {}) => ({
  method: 'chat.stream',
  params: { chunk: text, index, channel: 'default', message_id: 'msg-1', ...change },
});

export const completion = (change: Partial<Params<'chat.complete'>> = {}) => ({
  method: 'chat.complete',
  params: {
    total_tokens: 3,
    channel: 'default',
    duration_ms: 5,
    message_id: 'msg-1',
    finish_reason: 'stop',
    ...change,
  },
});

export const send = (socket: WebSocket, message: object): void =>
  socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));

export const accept: Answer = (socket, { id }) => send(socket, { id, result: SESSION });

/** Listens until the test ends. Everything but handshakes goes to `answer`. @param port 0: a free one */
export const listenAt = async (
  t: TestContext,
  port: number,
  answer: Answer,
  handshake: Answer = accept,
): Promise<string> => {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      (message.method === 'auth.handshake' ? handshake : answer)(socket, message);
    });
  });
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** The same on a free port; returns the URL. */
export const listen = (t: TestContext, answer: Answer, handshake?: Answer): Promise<string> =>
  listenAt(t, 0, answer, handshake);

/** The URL of a port where nobody listens. */
export const deadUrl = async (): Promise<string> => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `ws://127.0.0.1:${port}`;
};
