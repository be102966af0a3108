/**
 * How each server is spoken to: how one gets in, what the same small request looks like, and what may come
 * unasked. Written as frames' texts, so that every server's client is the same program and costs the same.
 */

/** One step of getting in: what is said (null: the server speaks first), and what the answer looks like. */
export interface Step {
  readonly say: string | null;
  readonly expect: RegExp;
}

export interface Dialect {
  /** Of the upgrade's request. */
  readonly path: string;
  readonly opening: (token: string) => readonly Step[];
  /** The request number `ordinal`, 0 to {@link MAX_ORDINAL}; all are equally long. */
  readonly request: (ordinal: number) => string;
  /** Does `text` answer that request, as it should? */
  readonly answers: (text: string, ordinal: number) => boolean;
  /** What keeps a connection open: the answer to a text that answers no request, or null where there is none. */
  readonly keepAlive: (text: string) => string | null;
}

/** Ids and acknowledgement numbers have four digits. */
export const MAX_ORDINAL = 8999;

const idOf = (ordinal: number): string => `req-${1000 + ordinal}`;

const pingRequest = (ordinal: number): string =>
  `{"jsonrpc":"2.0","method":"system.ping","params":{},"id":"${idOf(ordinal)}"}`;

const isPong = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { pong?: unknown }).pong === true;

const answersPing = (text: string, ordinal: number): boolean => {
  const { result, id } = JSON.parse(text) as { result?: unknown; id?: unknown };
  return id === idOf(ordinal) && isPong(result);
};

const handshake = (token: string): string => {
  const params = { client_id: 'bench-peers', client_version: '0.9.4', token };
  return JSON.stringify({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 'auth-001' });
};

/** The gateway's own protocol, and of those that do its work. */
const gateway: Dialect = {
  path: '/',
  opening: (token) => [{ say: handshake(token), expect: /"session_id"/ }],
  request: pingRequest,
  answers: answersPing,
  keepAlive: (text) => {
    const { method, params } = JSON.parse(text) as { method?: string; params?: { seq?: number } };
    if (method !== 'heartbeat.ping') return null;
    return JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params?.seq } });
  },
};

/** Whatever it is told it says. */
const echo: Dialect = {
  path: '/',
  opening: (token) => [{ say: handshake(token), expect: /^\{"jsonrpc":"2\.0","method":"auth\.handshake"/ }],
  request: pingRequest,
  answers: (text, ordinal) => text === pingRequest(ordinal),
  keepAlive: () => null,
};

const rpcWebSockets: Dialect = {
  path: '/',
  opening: (token) => [
    {
      say: JSON.stringify({ jsonrpc: '2.0', method: 'rpc.login', params: { token }, id: 'auth-001' }),
      expect: /"result":true/,
    },
  ],
  request: pingRequest,
  answers: answersPing,
  keepAlive: () => null,
};

/** Engine.IO 4 over a WebSocket from the start: packet types 0 open, 2 ping, 3 pong, 4 message; within 4, Socket.IO 5. */
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  opening: (token) => [
    { say: null, expect: /^0\{/ },
    { say: `40${JSON.stringify({ token })}`, expect: /^40\{/ },
  ],
  request: (ordinal) => `42${1000 + ordinal}["system.ping",{}]`,
  answers: (text, ordinal) => {
    const head = `43${1000 + ordinal}`;
    return text.startsWith(head) && isPong((JSON.parse(text.slice(head.length)) as unknown[])[0]);
  },
  keepAlive: (text) => (text === '2' ? '3' : null),
};

export const DIALECTS = { gateway, echo, 'rpc-websockets': rpcWebSockets, 'socket.io': socketIo } as const;
export type DialectName = keyof typeof DIALECTS;
