/**
 * The client library behind a network that fails all the time, while 50 chats stream: every text arrives complete and once.
 * `OPENCLAW_FAULT_SECONDS` says for how long, `OPENCLAW_FAULT_SEED` repeats a run as far as time allows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type Gateway } from '../../client/node.js';
import type { Json } from '../helpers/client.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { until } from '../helpers/system.js';
import { randomBy, startChaosProxy } from './chaos-proxy.js';

const SECONDS = Number(process.env.OPENCLAW_FAULT_SECONDS ?? 10);
const SEED = Number(process.env.OPENCLAW_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const CLIENTS = 10;
const CHATS = 50;
const CHUNK_DELAY_MS = 20;
/** Words of a message: a reply takes from half a second to six. */
const [LEAST_WORDS, MOST_WORDS] = [10, 300];

/** Pings every second, so that who is cut off unseen learns of it within three. */
const CONFIG = engine(
  CHUNK_DELAY_MS,
  { heartbeat_interval: 1, heartbeat_timeout: 10, heartbeat_max_missed: 10 },
  '[memory]\nrecall_tokens = 0\n',
);

interface Said {
  readonly message: string;
  readonly text: string;
}

test('50 chats stream through a network that cuts, delays, half-closes, swallows and drops: every text is complete and there once', {
  timeout: (SECONDS + 120) * 1000,
}, async (t) => {
  t.diagnostic(`seed ${SEED}, ${SECONDS} s`);
  const random = randomBy(SEED);
  const under = await startGatewayProcess(t, { homeDir: temporaryFolder(t), config: CONFIG });
  const proxy = await startChaosProxy(t, under.port, random);
  const join = async (clientId: string): Promise<Gateway> => {
    const gateway = await connect({
      url: `ws://127.0.0.1:${proxy.port}`,
      token: under.token,
      clientId,
      retryFirst: true,
      timeoutMs: 2000,
      backOff: { firstMs: 50, mostMs: 1000 },
    });
    atEnd(t, () => gateway.close());
    return gateway;
  };
  const before = await under.login();
  const channels: string[] = [];
  for (let at = 0; at < CHATS; at += 1) channels.push((await before.call('channel.create')).channel_id);

  const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => join(`client-${at}`)));
  const lost: string[] = [];
  for (const client of clients) {
    client.on('state', (event) => {
      if (event.state === 'waiting') lost.push(event.error.message);
    });
  }
  const observer = await join('observer');
  const observed: string[] = [];
  const observing: Promise<unknown>[] = [];
  observer.on('reply', (reply) => {
    observing.push(
      Promise.all([reply.messageId, reply.text()]).then(([id, text]) => observed.push(`${id} ${text}`)),
    );
  });
  await Promise.all(channels.map((channel_id) => observer.channel.subscribe({ channel_id })));

  const deadlineMs = performance.now() + SECONDS * 1000;
  const chat = async (channel: string, at: number): Promise<Said[]> => {
    const gateway = clients[at % CLIENTS] as Gateway;
    const said: Said[] = [];
    while (performance.now() < deadlineMs) {
      const words = LEAST_WORDS + Math.floor(random() * (MOST_WORDS - LEAST_WORDS));
      const message = Array.from(
        { length: words },
        (_, word) => `${channel.slice(-3)}/${said.length}/${word}é`,
      ).join(' ');
      const reply = gateway.chat.send(message, { channel });
      const text = await reply.text();
      assert.equal((await reply.completion).finish_reason, 'stop');
      assert.equal(text, embeddedReply(message), `${channel}, reply ${said.length}`);
      said.push({ message, text });
    }
    return said;
  };
  const chats = Promise.all(channels.map(chat));
  const storm = setTimeout(() => proxy.calm(), SECONDS * 1000);
  atEnd(t, () => clearTimeout(storm));
  const all = await chats;

  // Every message is there once, whatever became of its connection; and its reply as it was read.
  // It answers no pings, so it comes only now.
  const direct = await under.login();
  const whole = new Map<string, string>();
  for (const [at, channel] of channels.entries()) {
    const stored: Json[] = [];
    for (let first: number | undefined; ; first = stored[0].seq) {
      const page = await direct.call('chat.history', {
        channel,
        limit: 200,
        ...(first === undefined ? {} : { before: first }),
      });
      stored.unshift(...page.messages);
      if (!page.has_more) break;
    }
    assert.deepEqual(
      stored.map(({ content }) => content),
      (all[at] ?? []).flatMap(({ message, text }) => [message, text]),
    );
    for (const { message_id, role, content } of stored)
      if (role === 'assistant') whole.set(message_id, content);
  }
  const replies = all.flat().length;
  assert.equal(whole.size, replies);

  // Whoever looks on gets what it was told of as complete, and each once.
  await until(() => observed.length === observing.length, 'the end of all replies for the observer');
  await Promise.all(observing);
  assert.equal(new Set(observed).size, observed.length);
  for (const each of observed) {
    const [id = ''] = each.split(' ', 1);
    assert.equal(each.slice(id.length + 1), whole.get(id));
  }
  t.diagnostic(
    `${replies} replies, ${observed.length} of them seen by the observer; ${lost.length} connections lost; ${JSON.stringify(proxy.counts)}`,
  );
  assert.ok(replies >= CHATS);
  assert.ok(lost.length >= CLIENTS, `only ${lost.length} connections were lost`);
  // The network is at fault, and neither side.
  assert.deepEqual(
    [...new Set(lost)].filter((message) => !/code=(1006|4002)|took too long|resumed elsewhere/.test(message)),
    [],
  );
  assert.ok(observed.length > 0);
});
