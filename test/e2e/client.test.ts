/** The client library with a real gateway: what ends, goes on and comes back. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { build } from 'esbuild';
import { WebSocket } from 'ws';
import {
  ConnectionClosedError,
  type ConnectOptions,
  connect,
  type Gateway,
  GatewayError,
  type Reply,
  type StateEvent,
} from '../../client/node.js';
import type { Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { startNetwork } from '../helpers/network.js';
import { freePort, until } from '../helpers/system.js';
import { addToken, tokenFileOf } from '../helpers/tokens.js';
import { req } from './requirements.js';

const enter = async (
  t: TestContext,
  under: { readonly url: string; readonly token: string },
  options: Partial<ConnectOptions> = {},
): Promise<Gateway> => {
  const gateway = await connect({
    url: under.url,
    token: under.token,
    clientId: 'library',
    backOff: { firstMs: 20, mostMs: 200 },
    ...options,
  });
  atEnd(t, () => gateway.close());
  return gateway;
};

const state = <S extends StateEvent['state']>(
  gateway: Gateway,
  wanted: S,
): Promise<StateEvent & { state: S }> =>
  new Promise((resolve) => {
    const stop = gateway.on('state', (event) => {
      if (event.state !== wanted) return;
      stop();
      resolve(event as StateEvent & { state: S });
    });
  });

/** The first text of a reply, and the rest once it has come. */
const begun = async (reply: Reply): Promise<{ rest: Promise<string> }> => {
  const reader = reply[Symbol.asyncIterator]();
  const { value = '' } = await reader.next();
  const rest = async (): Promise<string> => {
    let text = value;
    for await (const piece of { [Symbol.asyncIterator]: () => reader }) text += piece;
    return text;
  };
  return { rest: rest() };
};

test(`${req('P4-usage')} a message is sent and its reply read, with its usage; calls have types and names`, async (t) => {
  const under = await startTestGateway(t, { config: engine(1) });
  const gateway = await enter(t, under);
  const reply = gateway.chat.send('Hello');
  let text = '';
  for await (const piece of reply) text += piece;
  assert.equal(text, embeddedReply('Hello'));
  assert.ok((reply.usage?.output ?? 0) > 0);
  const { messages } = await gateway.chat.history({ limit: 2 });
  assert.deepEqual(
    messages.map(({ content, message_id }) => [content, message_id]),
    [
      ['Hello', await reply.messageId],
      [text, await reply.messageId],
    ],
  );
  const { channel_id } = await gateway.channel.create({ name: 'coding' });
  assert.ok((await gateway.channel.list()).channels.some((channel) => channel.channel_id === channel_id));
  await assert.rejects(
    gateway.channel.switch({ channel_id: 'ch-none' }),
    (error) => error instanceof GatewayError && error.code === 4040 && error.retry === 'never',
  );
});

test(`${req('P4-cancel')} a reply is cancelled, by itself or by its signal`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const gateway = await enter(t, under);
  const reply = gateway.chat.send(ENDLESS);
  const { rest } = await begun(reply);
  assert.equal(await reply.cancel(), true);
  assert.equal((await reply.completion).finish_reason, 'cancelled');
  const text = await rest;
  const controller = new AbortController();
  const second = gateway.chat.send(ENDLESS, { signal: controller.signal });
  await begun(second).then(({ rest: failing }) => {
    controller.abort(new Error('enough'));
    return assert.rejects(failing, /enough/);
  });
  await until(async () => {
    const { messages } = await gateway.chat.history();
    return (
      messages.length === 4 &&
      messages.every(({ role, finish_reason }) => role === 'user' || finish_reason === 'cancelled')
    );
  }, 'both are cancelled');
  assert.equal((await gateway.chat.history()).messages[1]?.content, text);
});

test(`${req('P3-revoked', 'P3-expired')} a token that is wrong, revoked or expired is the end, and is not tried again`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const wrong = await enter(t, { ...under, token: 'oc_user_wrong' }, { retryFirst: true }).catch(
    (error) => error,
  );
  assert.ok(wrong instanceof GatewayError);
  assert.deepEqual([wrong.code, wrong.retry], [4011, 'after-hint-or-never']);

  const token = await addToken(under, { principal: 'grace', name: 'guest' });
  const revoked = await enter(t, { ...under, token });
  const { rest } = await begun(revoked.chat.send(ENDLESS));
  const failing = assert.rejects(rest, ConnectionClosedError);
  await tokenFileOf(under).revoke('guest');
  const END = { code: 4001, reason: 'Token revoked', retry: 'never-unchanged' };
  assert.deepEqual(await revoked.closed, END);
  await failing;
  await assert.rejects(revoked.system.ping(), ConnectionClosedError);

  const expiring = await addToken(under, { principal: 'grace', expiresAtMs: Date.now() + 700 });
  const expired = await enter(t, { ...under, token: expiring });
  assert.deepEqual(await expired.closed, END);
});

test(`${req('P3-resume-open', 'P3-resume-session')} a session that another client takes up is the end for the first, and goes on at the second`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const first = await enter(t, under);
  const { channel_id } = await first.channel.create({ name: 'coding' });
  await first.channel.switch({ channel_id });
  const message = 'word '.repeat(150);
  const sent = first.chat.send(message);
  const { rest } = await begun(sent);
  const failing = assert.rejects(rest, ConnectionClosedError);
  const second = await enter(t, under, { session: first.session.session_id });
  assert.deepEqual(await first.closed, { code: 1000, reason: 'Session resumed elsewhere', retry: 'none' });
  await failing;
  assert.equal(second.session.resumed, true);
  assert.equal((await second.channel.list()).current, channel_id);
  const [running] = second.session.streams;
  assert.equal(running?.message_id, await sent.messageId);
  assert.equal(await second.chat.follow(running?.message_id ?? '').text(), embeddedReply(message));
});

/** A gateway in a process of its own that can come back on the same port. */
const restartable = async (t: TestContext, config: string) => {
  const homeDir = temporaryFolder(t);
  const args = ['--port', `${await freePort()}`];
  const start = () => startGatewayProcess(t, { homeDir, config, args });
  return { first: await start(), start };
};

test(`${req('P5-goaway', 'P2-shutting-down')} over a planned restart channels and subscriptions are kept, and what a gateway at its end does not take goes to the next one`, async (t) => {
  const config = engine(20, { drain_seconds: 1 }, '[memory]\nrecall_tokens = 0\n');
  const { first, start } = await restartable(t, config);
  const gateway = await enter(t, first);
  const { channel_id } = await gateway.channel.create({ name: 'coding' });
  await gateway.channel.switch({ channel_id });
  await gateway.channel.unsubscribe({ channel_id: 'default' });
  const cut = gateway.chat.send(ENDLESS);
  const { rest } = await begun(cut);
  const goaway = new Promise<Json>((resolve) => gateway.on('system.goaway', resolve));
  const waiting = state(gateway, 'waiting');
  first.process.child.kill('SIGTERM');
  assert.deepEqual(await goaway, { reason: 'Server shutdown', grace_seconds: 1 });
  const late = gateway.chat.send('too late for this one');
  const text = await rest;
  assert.equal((await cut.completion).finish_reason, 'interrupted');
  const { error } = await waiting;
  assert.deepEqual((error as ConnectionClosedError).close, {
    code: 1001,
    reason: 'Server shutdown',
    retry: 'at-once',
  });
  assert.equal(await first.process.exited, 0);
  await start();
  assert.equal(await late.text(), embeddedReply('too late for this one'));
  assert.equal(gateway.session.resumed, false);
  const { channels, current } = await gateway.channel.list();
  assert.equal(current, channel_id);
  assert.deepEqual(
    channels.map(({ channel_id: id, subscribed }) => [id, subscribed]),
    [
      ['default', false],
      [channel_id, true],
    ],
  );
  const { messages } = await gateway.chat.history();
  assert.deepEqual(
    messages.map(({ content }) => content),
    [ENDLESS, text, 'too late for this one', embeddedReply('too late for this one')],
  );
});

test(`${req('P4-idempotency', 'P5-crash')} over a killed gateway a reply keeps what was read of it, and a message is there once`, async (t) => {
  const { first, start } = await restartable(t, engine(10, {}, '[memory]\nrecall_tokens = 0\n'));
  const gateway = await enter(t, first);
  const { channel_id: other } = await gateway.channel.create();
  const reply = gateway.chat.send(ENDLESS);
  const { rest } = await begun(reply);
  // Long enough for some of it to be stored, which happens every second.
  await until(async () => (await gateway.chat.history()).messages[1]?.content !== '', 'some of it is stored');
  const doubtful = gateway.chat.send('perhaps stored, perhaps not', { channel: other });
  first.process.child.kill('SIGKILL');
  await first.process.exited;
  await start();
  const text = await rest;
  assert.equal((await reply.completion).finish_reason, 'interrupted');
  assert.ok(embeddedReply(ENDLESS).startsWith(text));
  const [, stored] = (await gateway.chat.history()).messages;
  assert.ok(text.startsWith(stored?.content ?? 'nothing'), 'what was read is at least what was stored');
  await doubtful.text();
  const { messages } = await gateway.chat.history({ channel: other });
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant'],
  );
  assert.equal(await gateway.chat.send('on').text(), embeddedReply('on'));
});

test(`${req('P6-bucket')} calls keep to the rate limit by themselves, and those over the minute’s wait out the cooldown`, async (t) => {
  const under = await startTestGateway(t, {
    config:
      '[gateway.rate_limit]\nmessages_per_second = 100\nburst_size = 5\nmessages_per_minute = 30\ncooldown_seconds = 1\n',
  });
  const gateway = await enter(t, under);
  const startedMs = performance.now();
  const pings = await Promise.all(Array.from({ length: 30 }, () => gateway.system.ping()));
  assert.equal(pings.length, 30);
  assert.ok(performance.now() - startedMs >= 240);
  const status = (await under.login()).call('system.status');
  assert.equal((await status).rate_limit_hits, 0);
  const controller = new AbortController();
  const beyond = gateway.system.ping({}, { signal: controller.signal });
  await until(
    async () => (await (await under.login()).call('system.status')).rate_limit_hits > 0,
    'it is refused',
  );
  controller.abort(new Error('enough'));
  await assert.rejects(beyond, /enough/);
});

test(`${req('P6-close')} closed for going on through a cooldown, it comes back and does what was asked`, async (t) => {
  const limits = (perSecond: number, burst: number): string =>
    `[gateway.rate_limit]\nmessages_per_second = ${perSecond}\nburst_size = ${burst}\ncooldown_seconds = 1\n`;
  const under = await startTestGateway(t, { config: limits(10, 60) });
  const gateway = await enter(t, under);
  // It does not know of the new limits before its next handshake.
  writeFileSync(under.home.configFile, limits(100, 2));
  await gateway.system.reload();
  const waiting = state(gateway, 'waiting');
  const pings = Promise.all(Array.from({ length: 30 }, () => gateway.system.ping()));
  const { error } = await waiting;
  assert.equal((error as ConnectionClosedError).close.reason, 'Rate limit exceeded');
  assert.equal((await pings).length, 30);
  assert.equal(gateway.session.limits.burst_size, 2);
});

test(`${req('P5-slow', 'P5-text')} a reader that is slow gets all of a long reply, and the client never holds much of it`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const gateway = await enter(t, under, { maxUnreadChars: 20_000 });
  const message = 'word '.repeat(40_000);
  const reply = gateway.chat.send(message);
  await reply.completion;
  let text = '';
  let longest = 0;
  for await (const piece of reply) {
    text += piece;
    longest = Math.max(longest, piece.length);
  }
  assert.equal(text, embeddedReply(message));
  assert.ok(longest < 20_000 + 16 * 1024, `${longest}`);
});

test(`${req('P5-subscribe', 'P5-running-listed')} who follows a channel hears the replies of others, and those that began while it was away`, async (t) => {
  const under = await startTestGateway(t, { config: engine(5) });
  const network = await startNetwork(t, under.port);
  const writer = await enter(t, under);
  const reader = await enter(t, { ...under, url: network.url });
  const heard: Promise<string>[] = [];
  const channels: unknown[] = [];
  reader.on('reply', (reply) => {
    channels.push(reply.channel);
    heard.push(reply.text());
  });
  const [first, second] = ['word '.repeat(100), 'other '.repeat(100)];
  const { rest } = await begun(writer.chat.send(first));
  await until(() => heard.length === 1, 'it hears of the first');
  network.tear();
  const firstText = await rest;
  const { rest: secondText } = await begun(writer.chat.send(second));
  assert.equal(heard.length, 1);
  network.lead(under.port);
  await until(() => heard.length === 2, 'it hears of the second');
  assert.deepEqual(await Promise.all(heard), [firstText, await secondText]);
  assert.deepEqual(channels, ['default', 'default'], 'each names its channel');
  assert.equal(firstText, embeddedReply(first));
});

test(`${req('P7-notifications')} notifications are told, once each, and settled`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0, { heartbeat_interval: 1 }) });
  const gateway = await enter(t, under, { load: () => 0.5 });
  const told: string[] = [];
  gateway.on('notification', ({ type, msg }) => told.push(`${type} ${msg}`));
  await gateway.system.notify({ type: 'reminder', msg: 'Meeting at 3 PM' });
  await until(async () => (await gateway.system.notifications()).notifications.length === 0, 'it is settled');
  assert.deepEqual(told, ['reminder Meeting at 3 PM']);
  assert.equal((await gateway.system.status()).client_load, 0.5);
});

test(`${req('P7-notifications')} a client that shows no notifications stays, and they wait for one that does`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock, config: engine(0) });
  const lost: unknown[] = [];
  const about = { url: under.url, token: under.token, clientId: 'watcher' };
  const onState = (event: StateEvent): void => {
    if (event.state === 'waiting' || event.state === 'closed') lost.push(event);
  };
  const watcher = await connect({ ...about, onState });
  atEnd(t, () => watcher.close());
  const { notification_id } = await watcher.system.notify({ type: 'reminder', msg: 'Meeting at 3 PM' });
  for (let interval = 0; interval < 6; interval += 1) {
    clock.pass(30_000);
    await clock.read();
    // Its pong goes before what it asks now.
    await watcher.system.ping();
    await watcher.system.ping();
  }
  assert.deepEqual(lost, []);
  const kept = async (): Promise<string[]> =>
    (await watcher.system.notifications()).notifications.map((each) => each.notification_id);
  assert.deepEqual(await kept(), [notification_id]);
  const told = new Promise<string>((resolve) => watcher.on('notification', ({ id }) => resolve(id)));
  assert.equal(await told, notification_id);
  assert.deepEqual(await kept(), []);
});

test(`${req('T-handshake')} what a page’s bundler makes of it talks to the gateway by the built-in WebSocket`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from 'openclaw-gateway/client'",
      resolveDir: join(import.meta.dirname, '../../..'),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  const code = Buffer.from(outputFiles[0]?.text ?? '').toString('base64');
  const page = (await import(
    `data:text/javascript;base64,${code}`
  )) as typeof import('../../client/browser.js');
  // Node 20 has none; the interface is the same.
  const builtIn = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket });
  atEnd(t, () => Object.assign(globalThis, { WebSocket: builtIn }));
  const gateway = await page.connect({ url: under.url, token: under.token, clientId: 'page' });
  atEnd(t, () => gateway.close());
  assert.equal(await gateway.chat.send('Hello').text(), embeddedReply('Hello'));
  assert.ok((await gateway.close()).code === 1000);
});
