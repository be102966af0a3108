/** "Common Errors & Troubleshooting" and the exercises of the product's text, as a reader goes through them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Closed, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { openclaw } from '../helpers/command.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/system.js';
import { req } from './requirements.js';

const SECOND_MS = 1000;

/** What a client prints, in the form of the text. */
const printed = ({ code, reason }: Closed): string => `Connection closed: code=${code}, reason="${reason}"`;

/** Every text frame as it comes, before anybody has parsed it. */
const textsOf = (client: Client): readonly string[] => {
  const texts: string[] = [];
  client.socket.on('message', (data) => texts.push(String(data)));
  return texts;
};

const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';

/** Lets the intervals pass in which a client that answers no ping is pinged; how many pings that took. */
const pingsUntilClosed = async (
  client: Client,
  clock: SettableClock,
  intervalSeconds: number,
): Promise<number> => {
  const before = client.frames.filter(isPing).length;
  let closed = false;
  void client.closed.then(() => {
    closed = true;
  });
  for (let pings = 1; ; pings += 1) {
    clock.pass(intervalSeconds * SECOND_MS);
    await until(() => closed || client.frames.filter(isPing).length === before + pings, 'a ping, or the end');
    if (closed) return pings - 1;
  }
};

const environmentOf = ({ home }: GatewayUnderTest, port?: number): Record<string, string> => ({
  OPENCLAW_HOME: home.dir,
  ...(port === undefined ? {} : { OPENCLAW_URL: `ws://127.0.0.1:${port}` }),
});

test(`${req('T-issue-1')} a connection that says nothing for 5 seconds is closed, in the words of the text`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  const client = await under.connect();
  clock.pass(4.5 * SECOND_MS);
  const answer = client.next();
  client.send({ jsonrpc: '2.0', method: 'system.ping', id: 1 });
  assert.equal((await answer).error.code, 4010, 'not before its time');
  clock.pass(0.5 * SECOND_MS);
  assert.equal(printed(await client.closed), 'Connection closed: code=4001, reason="Authentication timeout"');
});

test(`${req('T-issue-1')} \`openclaw chat\` says so in the same words, and what to do`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  let held = false;
  // The upgrade gets through, the handshake behind it does not.
  const proxy = await startProxy(t, under.port, (piece) => {
    held ||= !piece.toString('latin1').startsWith('GET ');
    return held;
  });
  const chat = openclaw(t, 'chat Hello', environmentOf(under, proxy.port));
  await until(() => held, 'the handshake');
  clock.pass(5 * SECOND_MS);
  assert.deepEqual(await chat, {
    status: 1,
    stdout: '',
    stderr:
      'Connection closed: code=4001, reason="Authentication timeout"\n' +
      'Try again; where the way to the gateway is slow, raise gateway.auth_timeout.\n',
  });
});

test(`${req('T-issue-2')} a mistyped method gets the frame of the text, and the list has the right name`, async (t) => {
  const under = await startTestGateway(t);
  const client = await under.login();
  const texts = textsOf(client);
  client.send('{"jsonrpc":"2.0","method":"chat.sendd","params":{"message":"Hello"},"id":"msg-001"}');
  await client.frame(({ id }) => id === 'msg-001');
  assert.deepEqual(texts, [
    '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found: chat.sendd"},"id":"msg-001"}',
  ]);
  const { status, stdout } = await openclaw(t, 'gateway methods', environmentOf(under));
  assert.equal(status, 0);
  assert.match(stdout, /^chat\.send +Client → Server +ReasoningLayer /m);
});

test(`${req('T-issue-3')} \`openclaw chat\` that answers no ping is closed, in the words of the text`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, {
    clock,
    config: '[reasoning.embedded]\nchunk_delay_ms = 60000\n',
  });
  const proxy = await startProxy(t, under.port, (_piece, said) => said.includes('"message_id"'));
  const chat = openclaw(t, 'chat Hello', environmentOf(under, proxy.port));
  const pings = (): number => proxy.said().split('"heartbeat.ping"').length - 1;
  await until(() => proxy.said().includes('"message_id"'), 'the acknowledgement');
  for (let ping = 1; ping <= 3; ping += 1) {
    clock.pass(30 * SECOND_MS);
    await until(() => pings() === ping, `ping ${ping}`);
  }
  clock.pass(30 * SECOND_MS);
  const { status, stderr } = await chat;
  assert.equal(status, 1);
  assert.equal(
    stderr,
    'Connection closed: code=4002, reason="Heartbeat timeout"\n' +
      'Try again; on a bad network, raise gateway.heartbeat_timeout and gateway.heartbeat_max_missed.\n',
  );
});

test(`${req('T-issue-3', 'P8-reload')} the commands of the text make a running gateway more patient, after a reload`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  const impatient = await under.login();
  assert.equal(await pingsUntilClosed(impatient, clock, 30), 3);
  assert.equal(printed(await impatient.closed), 'Connection closed: code=4002, reason="Heartbeat timeout"');

  const silent = await under.login();
  for (const words of [
    'config set gateway.heartbeat_timeout 120',
    'config set gateway.heartbeat_max_missed 5',
  ]) {
    const { status, stderr } = await openclaw(t, words, environmentOf(under));
    assert.deepEqual([status, stderr], [0, '']);
  }
  const { changed } = await (await under.login()).call('system.reload');
  assert.deepEqual(changed.sort(), ['gateway.heartbeat_max_missed', 'gateway.heartbeat_timeout']);
  // 120 s now, for a connection that was there before, too.
  assert.equal(await pingsUntilClosed(silent, clock, 30), 4);
  const { stdout } = await openclaw(t, 'config get gateway.heartbeat_max_missed', environmentOf(under));
  assert.equal(stdout, '5\n');
});

test(`${req('T-exercise-3')} with heartbeat_interval = 5 and no pong the connection ends three unanswered pings later`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  assert.equal(
    (await openclaw(t, 'config set gateway.heartbeat_interval 5', environmentOf(under))).status,
    0,
  );
  await (await under.login()).call('system.reload');
  const client = await under.login();
  assert.equal(client.handshake.heartbeat_interval, 5);
  assert.equal(await pingsUntilClosed(client, clock, 5), 3);
  assert.equal(printed(await client.closed), 'Connection closed: code=4002, reason="Heartbeat timeout"');
  const { stdout } = await openclaw(t, 'config get gateway.heartbeat_timeout', environmentOf(under));
  assert.equal(stdout, '15\n', '3 x interval, as the text says');
});

test(`${req('T-issue-4', 'T-exercise-4')} of 50 messages at once 20 pass, 21 get the frame of the text, and the connection ends`, async (t) => {
  // The time that the burst takes would fill the bucket.
  const under = await startTestGateway(t, {
    config: '[gateway.rate_limit]\nmessages_per_second = 0.01\n',
  });
  const client = await under.login();
  const texts = textsOf(client);
  for (let number = 1; number <= 50; number += 1) {
    const id = `msg-${String(number).padStart(3, '0')}`;
    client.send({ jsonrpc: '2.0', method: 'system.ping', params: {}, id });
  }
  assert.equal(printed(await client.closed), 'Connection closed: code=4003, reason="Rate limit exceeded"');
  const passed = texts.filter((text) => text.includes('"result":{"pong":true}'));
  assert.equal(passed.length, 20);
  const refused = texts.slice(20);
  assert.equal(refused.length, 21, 'the first refusal and as many more as the burst is large');
  for (const [at, text] of refused.entries()) {
    const { data } = JSON.parse(text).error;
    assert.deepEqual(Object.keys(data), ['limit', 'retry_after_ms']);
    assert.ok(data.retry_after_ms > 0 && data.retry_after_ms <= 60_000);
    assert.equal(
      text.replace(`,"data":${JSON.stringify(data)}`, ''),
      `{"jsonrpc":"2.0","error":{"code":4003,"message":"Rate limit exceeded"},"id":"msg-0${at + 21}"}`,
    );
  }
});

test(`${req('T-issue-4')} who waits as it was told goes on, after the cooldown of a minute`, async (t) => {
  const clock = new SettableClock();
  const under = await startTestGateway(t, { clock });
  const client = await under.login();
  let answer: Json = {};
  for (let sent = 0; sent < 50 && answer.error === undefined; sent += 1) {
    answer = await client.request('system.ping');
  }
  const { retry_after_ms } = answer.error.data;
  assert.ok(retry_after_ms > 59 * SECOND_MS && retry_after_ms <= 60 * SECOND_MS);
  clock.pass(retry_after_ms - 5 * SECOND_MS);
  const early = await client.request('system.ping');
  assert.ok(early.error.data.retry_after_ms <= 5 * SECOND_MS, 'asking again does not make it longer');
  clock.pass(early.error.data.retry_after_ms);
  assert.deepEqual(await client.call('system.ping'), { pong: true });
});
