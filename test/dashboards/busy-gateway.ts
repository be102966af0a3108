/** A gateway in a process of its own at which everything happens that a dashboard shows: the good, the slow and the refused. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import WebSocket from 'ws';
import {
  beginStream,
  endEvents,
  rawProvider,
  refuses,
  type Script,
  wordEvent,
} from '../../server/backends/reasoning/raw-provider.js';
import type { Client, Json } from '../helpers/client.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { type KillableGateway, startGatewayProcess } from '../helpers/gateway-process.js';
import { freePort } from '../helpers/system.js';

const KIND = 'openai-compatible';
const MIB = 1024 * 1024;
/** More than the kernel takes for a connection that nobody reads. */
const FLOOD = `${'x'.repeat(1023)} `.repeat(8 * 1024);
/** In a message: no provider answers it. */
const REFUSED = 'refuse this';
const WORD_EVERY_MS = 15;
const MOST_WORDS = 40;
/** Of so many requests to the first provider one fails, and of these one is answered that it is to be left alone. */
const FAILS_EVERY = 8;
const TIRED_EVERY = 40;
/** Strangers have addresses of their own, so that what is wrong with them is not held against the others. */
const STRANGER_ADDRESS = '127.0.0.77';

const CHATTERS = 8;
const WORDS = ['The', ' quick', ' brown', ' fox', ' jumps', ' over', ' the', ' lazy', ' dog', '.'];

const configOf = (first: string, second: string): string => `
[gateway]
heartbeat_interval = 1
heartbeat_timeout = 60
heartbeat_max_missed = 8
max_backlog_seconds = 4
auth_timeout = 1
max_message_bytes = ${16 * MIB}

[gateway.rate_limit]
messages_per_minute = 100000

[reasoning]
provider = "${KIND}"
model = "m"
base_url = "${first}"
max_streams = ${CHATTERS - 3}

[reasoning.fallback.first]
provider = "${KIND}"
model = "m"
base_url = "${second}"

[skills]
built_in = ["*"]

[log]
level = "error"
`;

const usageEvent = (prompt_tokens: number, completion_tokens: number): string =>
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } })}\n\n`;

/** Streams a sentence, longer and shorter in turn. */
const speak = (response: ServerResponse, nth: number): void => {
  beginStream(response);
  const words = 5 + ((nth * 7) % MOST_WORDS);
  let left = words;
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer);
    left -= 1;
    if (left >= 0) response.write(wordEvent(KIND, WORDS[left % WORDS.length] ?? ''));
    else {
      clearInterval(timer);
      response.end(`${usageEvent(120 + 13 * (nth % 9), words)}${endEvents(KIND)}`);
    }
  }, WORD_EVERY_MS);
};

/** The first provider, which fails now and then, and the one that stands in for it. */
const answers =
  (fails: boolean): Script =>
  (response, nth, asked) => {
    if (JSON.stringify(asked.body.messages.at(-1)).includes(REFUSED)) refuses(400)(response, nth, asked);
    else if (fails && nth % TIRED_EVERY === 0) refuses(429, { 'retry-after': '4' })(response, nth, asked);
    else if (fails && nth % FAILS_EVERY === 0) refuses(500)(response, nth, asked);
    else speak(response, nth);
  };

export interface BusyGateway {
  /** Address of its operators' listener. */
  readonly target: string;
  /** Things that happen now and then, once; the conversations go on by themselves. */
  readonly happen: () => Promise<void>;
  /** Ends the conversations. Rejects where one has failed. */
  readonly stop: () => Promise<void>;
}

const pongs = (client: Client): Client => {
  client.socket.on('message', () => {
    const frame = client.frames.at(-1);
    if (frame.method === 'heartbeat.ping') {
      client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: frame.params.seq } });
    }
    // Very many come.
    client.frames.length = 0;
  });
  return client;
};

/** Connects from a stranger's address, sends frames at once, and stays until it is closed. */
const knock = async ({ url }: KillableGateway, frames: readonly (object | string)[]): Promise<void> => {
  const socket = new WebSocket(url, { localAddress: STRANGER_ADDRESS, perMessageDeflate: false });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await Promise.race([once(socket, 'open'), closed]);
  for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  await closed;
};

const handshake = (token: string): object => ({
  jsonrpc: '2.0',
  method: 'auth.handshake',
  params: { client_id: 'stranger', client_version: '0.9.4', token },
  id: 'h',
});

/** The next `chat.complete` of a message. */
const finished = (client: Client, messageId: string): Promise<Json> =>
  client.next(
    ({ method, params }) => method === 'chat.complete' && params.message_id === messageId,
    'chat.complete',
  );

/** Says something, waits for the reply, and says the next thing. */
const converse = async (client: Client, isOver: () => boolean): Promise<void> => {
  const { channel_id: channel } = await client.call('channel.create');
  for (let turn = 0; !isOver(); turn += 1) {
    const { message_id } = await client.call('chat.send', { channel, message: `turn ${turn}` });
    await finished(client, message_id);
    if (turn % 4 === 1) await client.call('chat.history', { channel });
    if (turn % 4 === 3) await client.call('memory.search', { query: 'turn' });
  }
};

/** What goes wrong, and what is rare. */
const happenings = (gateway: KillableGateway, client: Client): (() => Promise<unknown>)[] => [
  () => client.call('system.notify', { type: 'reminder', msg: 'now' }),
  () => client.call('skill.call', { skill: 'time.now' }),
  () => client.call('skill.call', { skill: 'reminder.cancel', arguments: { id: 7 } }),
  () => client.call('system.status'),
  () => client.call('skill.call', { skill: 'time.now', arguments: { zone: 'Europe/Berlin' } }),
  () => client.call('skill.call', { skill: 'reminder.list' }),
  () => client.request('chat.send', { massage: 'a word that no schema knows' }),
  () => client.request('chat.history', { channel: 'ch-none' }),
  async () => {
    const { message_id } = await client.call('chat.send', { message: 'never mind' });
    const over = finished(client, message_id);
    await client.call('chat.cancel', { message_id });
    await over;
  },
  async () => {
    const { message_id } = await client.call('chat.send', { message: REFUSED });
    await finished(client, message_id);
  },
  async () => (await gateway.login()).close(),
  async () => (await gateway.login()).terminate(),
  () => knock(gateway, ['{']),
  () =>
    knock(
      gateway,
      [1, 2, 3].map(() => handshake('oc_user_wrong')),
    ),
  () => knock(gateway, []),
];

/** Asks faster than the rate limit allows until it is closed for it. */
const hurry = async (gateway: KillableGateway): Promise<void> => {
  const client = await gateway.login();
  for (let id = 0; id < 100; id += 1) client.send({ jsonrpc: '2.0', method: 'system.ping', id });
  await client.closed;
};

/** Stops reading while much is for it, and is closed for that, unless it reads on. */
const dawdle = async (gateway: KillableGateway, writer: Client, readsOn: boolean): Promise<void> => {
  const { channel_id: channel } = await writer.call('channel.create');
  const reader = await gateway.login();
  await reader.call('channel.subscribe', { channel_id: channel });
  reader.socket.pause();
  const say = async (message: string): Promise<string> => {
    const { message_id } = await writer.call('chat.send', { channel, message });
    await finished(writer, message_id);
    return message_id;
  };
  await say(FLOOD);
  if (!readsOn) return;
  const last = await say('and on');
  reader.socket.resume();
  // On a machine with much else to do it may have been too late.
  await Promise.race([reader.complete(last).catch(() => {}), reader.closed]);
  reader.socket.close(1000);
};

export const startBusyGateway = async (t: TestContext): Promise<BusyGateway> => {
  const [first, second] = [await rawProvider(t, answers(true)), await rawProvider(t, answers(false))];
  const metricsPort = await freePort();
  const gateway = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: configOf(first.baseUrl, second.baseUrl),
    metricsPort,
  });
  const join = async (): Promise<Client> => pongs(await gateway.login());
  let over = false;
  const chatters = await Promise.all(Array.from({ length: CHATTERS }, join));
  const conversations = Promise.all(chatters.map((client) => converse(client, () => over)));
  conversations.catch(() => {});
  const [host, writer] = [await join(), await join()];
  const rare = happenings(gateway, host);
  let round = 0;
  return {
    target: `127.0.0.1:${metricsPort}`,
    happen: async () => {
      const at = round++;
      // It never answers a ping, and is closed for that some rounds later.
      if (at % 3 === 0) await gateway.login();
      await Promise.all([
        (async () => {
          for (const act of rare) await act();
        })(),
        at % 2 === 0 ? hurry(gateway) : dawdle(gateway, writer, at % 4 === 1),
      ]);
    },
    stop: async () => {
      over = true;
      await conversations;
    },
  };
};
