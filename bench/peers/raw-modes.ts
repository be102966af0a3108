/** What the bare server does with messages behind the handshake: the counterpart of each thing the gateway does. */
import { join } from 'node:path';
import type { MemoryPort } from '../../server/backends/memory/port.js';
import { openSqliteMemory } from '../../server/backends/memory/sqlite.js';
import type { TemplatedApp, WebSocket } from '../../server/socket/uws.js';

/** What it remembers of a connection. */
export interface Seat {
  /** Of its socket in the list of all; −1 until it has been greeted. */
  at: number;
  /** Of its socket in the list of those that have a stream; −1: none. */
  streamAt: number;
}

export interface Mode {
  readonly onGreeted?: (socket: WebSocket<Seat>) => void;
  readonly onMessage?: (socket: WebSocket<Seat>, data: ArrayBuffer) => void;
  readonly onGone?: (socket: WebSocket<Seat>) => void;
}

const TOPIC = 'all';
const PRINCIPAL = 'local';
const TICK_MS = 1;
/** Of a method's name in a request as a generator writes it. */
const METHOD_AT = '{"jsonrpc":"2.0","method":"'.length;
const CHAT = 'chat.send';

const isChat = (data: ArrayBuffer): boolean =>
  data.byteLength > METHOD_AT + CHAT.length &&
  Buffer.from(data, METHOD_AT, CHAT.length).toString('latin1') === CHAT;

/** A chunk's frame as long as the gateway's. */
const chunkFrame = (wordBytes: number, index: number): string =>
  `{"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":" ${'w'.repeat(wordBytes - 1)}","index":${index},"channel":"ch-0123456789abcdef","message_id":"msg-0123456789abcdef01234567"}}`;

/** Calls as often as is due, with how often that was before. */
const everySoOften = (perSecond: () => number, call: (count: number) => void): void => {
  let count = 0;
  let due = 0;
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    due += ((nowMs - lastMs) / 1000) * perSecond();
    lastMs = nowMs;
    for (; due >= 1; due -= 1, count += 1) call(count);
  }, TICK_MS);
};

const echo = (): Mode => ({
  onMessage: (socket, data) => {
    socket.send(data);
  },
});

const stream = (tokensPerSecond: number, wordBytes: number): Mode => {
  const talking: WebSocket<Seat>[] = [];
  let next = 0;
  let index = 0;
  let frame = chunkFrame(wordBytes, index);
  let inHand: WebSocket<Seat>;
  const send = (): void => {
    inHand.send(frame, false, false);
  };
  everySoOften(
    () => tokensPerSecond * talking.length,
    () => {
      if (next >= talking.length) {
        next = 0;
        index += 1;
        frame = chunkFrame(wordBytes, index);
      }
      const socket = talking[next];
      next += 1;
      if (socket === undefined) return;
      inHand = socket;
      inHand.cork(send);
    },
  );
  return {
    onMessage: (socket, data) => {
      const seat = socket.getUserData();
      if (seat.streamAt !== -1 || !isChat(data)) return;
      seat.streamAt = talking.length;
      talking.push(socket);
    },
    onGone: (socket) => {
      const { streamAt } = socket.getUserData();
      const last = talking.at(-1);
      if (streamAt === -1 || last === undefined) return;
      talking[streamAt] = last;
      last.getUserData().streamAt = streamAt;
      talking.pop();
    },
  };
};

const publish = (app: TemplatedApp, tokensPerSecond: number, wordBytes: number): Mode => {
  let talking = false;
  everySoOften(
    () => (talking ? tokensPerSecond : 0),
    (index) => app.publish(TOPIC, chunkFrame(wordBytes, index)),
  );
  return {
    onGreeted: (socket) => {
      socket.subscribe(TOPIC);
    },
    onMessage: (_socket, data) => {
      talking ||= isChat(data);
    },
  };
};

/** Where each message of a connection goes: so many into each of its channels, which are made side by side. */
class Channels {
  readonly #memory: MemoryPort;
  readonly #each: number;
  readonly #perChannel: number;
  readonly #said = new WeakMap<WebSocket<Seat>, { times: number; readonly firstChannel: number }>();
  #made = 0;

  constructor(memory: MemoryPort, each: number, perChannel: number) {
    this.#memory = memory;
    this.#each = each;
    this.#perChannel = perChannel;
  }

  next(socket: WebSocket<Seat>): string {
    const said = this.#said.get(socket) ?? { times: 0, firstChannel: this.#make() };
    this.#said.set(socket, said);
    const at = Math.floor(said.times / this.#perChannel) % this.#each;
    said.times += 1;
    return `ch-${said.firstChannel + at}`;
  }

  /** Calls are run in their order: the channels are there when the message comes. */
  #make(): number {
    const first = this.#made;
    for (; this.#made < first + this.#each; this.#made += 1) {
      const id = `ch-${this.#made}`;
      const channel = { channelId: id, name: id, metadata: {}, createdAtMs: Date.now() };
      void this.#memory.createChannel(PRINCIPAL, channel, Number.MAX_SAFE_INTEGER);
    }
    return first;
  }
}

/**
 * The durable writes that a chat is, with or without its reply, and nothing else.
 * @param places how many channels a connection has, and how many messages go into each; null: all are in one for all connections
 */
const store = async (
  withReply: boolean,
  places: readonly [each: number, perChannel: number] | null,
): Promise<Mode> => {
  const memory = await openSqliteMemory({ path: join(process.env.OPENCLAW_HOME ?? '.', 'raw.db') });
  await memory.openPrincipal(PRINCIPAL);
  const channels = places === null ? null : new Channels(memory, ...places);
  const gone = new WeakSet<WebSocket<Seat>>();
  let lastId = 0;
  const answer = async (socket: WebSocket<Seat>): Promise<void> => {
    lastId += 1;
    const channelId = channels?.next(socket) ?? 'default';
    const ref = { principal: PRINCIPAL, channelId, messageId: `msg-${lastId}` };
    const stored = await memory.addMessage({
      ...ref,
      clientId: 'raw',
      content: 'said',
      metadata: null,
      idempotencyKey: null,
      onlyRepeated: false,
      createdAtMs: Date.now(),
    });
    if (stored.outcome !== 'stored') throw new Error(stored.outcome);
    const say = (text: string): void => {
      if (!gone.has(socket)) socket.cork(() => socket.send(text));
    };
    say(
      `{"jsonrpc":"2.0","result":{"message_id":"${ref.messageId}","channel":"default","seq":${stored.seq}},"id":1}`,
    );
    if (!withReply) return;
    await memory.finishReply(
      { ...ref, seq: stored.seq + 1 },
      {
        text: 'replied',
        finishReason: 'stop',
        totalTokens: 0,
        durationMs: 0,
        usage: null,
        error: null,
        skills: null,
      },
    );
    say(`{"jsonrpc":"2.0","method":"chat.complete","params":{"message_id":"${ref.messageId}"}}`);
  };
  return {
    onMessage: (socket, data) => {
      if (isChat(data)) void answer(socket);
    },
    onGone: (socket) => {
      gone.add(socket);
    },
  };
};

/** @param mode its name and arguments; empty: nothing besides the handshake */
export const modeFor = async (app: TemplatedApp, [name, first, second]: readonly string[]): Promise<Mode> => {
  switch (name) {
    case undefined:
      return {};
    case 'echo':
      return echo();
    case 'stream':
      return stream(Number(first), Number(second));
    case 'publish':
      return publish(app, Number(first), Number(second));
    case 'store':
      return store(true, null);
    case 'store-messages':
      return store(false, [Number(first), Number(second)]);
    default:
      throw new Error(`no mode is called ${name}`);
  }
};
