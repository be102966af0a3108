/** What reaches whom, and what is kept until it has (protocol section 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

/** No scheduled ping while a test runs: whatever comes was brought forward. */
const RARELY = '[gateway]\nheartbeat_interval = 1000000\n[gateway.rate_limit]\nenabled = false\n';
/** Scheduled pings as often as the configuration allows; whoever only looks at them for a while stays. */
const OFTEN =
  '[gateway]\nheartbeat_interval = 1\nheartbeat_timeout = 60\nheartbeat_max_missed = 60\n[gateway.rate_limit]\nenabled = false\n';

const ids = ({ params }: Json): string[] => params.notifications.map(({ id }: Json) => id);
const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';
/** The first ping, of those that came or are to come, that carries a notification. */
const pingWith = (client: Client, id: string): Promise<Json> =>
  client.frame((frame) => isPing(frame) && ids(frame).includes(id), `a ping with ${id}`);
const nextPing = (client: Client): Promise<Json> => client.next(isPing, 'a ping');

const pong = async (client: Client, { params: { seq } }: Json): Promise<void> => {
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq } });
  await client.settle();
};

const notify = async (client: Client, params: object = {}): Promise<string> => {
  const made = await client.call('system.notify', { type: 'reminder', msg: 'Meeting at 3 PM', ...params });
  return made.notification_id;
};

const kept = async (client: Client): Promise<string[]> =>
  (await client.call('system.notifications')).notifications.map((each: Json) => each.notification_id);

test(`${req('T-heartbeat', 'P7-fresh', 'P4-notify')} a fresh one comes at once on a ping that was not due`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const id = await notify(client);
  const ping = await pingWith(client, id);
  const { created_at } = ping.params.notifications[0];
  assert.deepEqual(ping.params, {
    seq: 1,
    notifications: [{ id, type: 'reminder', msg: 'Meeting at 3 PM', created_at }],
  });
  assert.ok(Math.abs(Date.now() - Date.parse(created_at)) < 60_000);
  await pong(client, ping);
  assert.deepEqual(await kept(client), []);
});

test(`${req('P7-pong')} a pong that does not settle keeps them, and one of the same seq that does settles them later`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const id = await notify(client);
  const { params } = await pingWith(client, id);
  const answer = async (change: object): Promise<string[]> => {
    client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: params.seq, ...change } });
    await client.settle();
    return kept(client);
  };
  assert.deepEqual(await answer({ settle: false }), [id]);
  assert.equal((await client.call('system.status')).heartbeat_ok, 1);
  assert.deepEqual(await answer({ seq: params.seq + 1 }), [id], 'a seq that was never sent settles nothing');
  assert.deepEqual(await answer({}), []);
});

test(`${req('P7-fresh')} a stream of fresh ones brings at most one ping a second`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const arrivedMs: number[] = [];
  const sent: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    sent.push(await notify(client));
    await pingWith(client, sent.at(-1) ?? '');
    arrivedMs.push(performance.now());
    for (let at = 0; at < 10; at += 1) sent.push(await notify(client));
  }
  await pingWith(client, sent.at(-1) ?? '');
  arrivedMs.push(performance.now());
  assert.equal(client.frames.filter(isPing).length, 4);
  assert.deepEqual([...new Set(client.frames.filter(isPing).flatMap(ids))], sent);
  const gapsMs = arrivedMs.slice(1).map((atMs, at) => atMs - (arrivedMs[at] ?? 0));
  // The wheel fires up to one tick late, so two may be seen a little closer than they are apart.
  for (const gapMs of gapsMs) assert.ok(gapMs > 850, `${gapMs} ms`);
});

test(`${req('P7-fresh', 'P7-timeout')} a ping brought forward is not counted as missed`, async (t) => {
  const under = await startTestGateway(t, {
    config: RARELY.replace('[gateway.rate', 'heartbeat_max_missed = 1\n[gateway.rate'),
  });
  const client = await under.login();
  for (let seq = 1; seq <= 2; seq += 1) {
    const ping = await pingWith(client, await notify(client));
    assert.equal(ping.params.seq, seq);
  }
  const status = await client.call('system.status');
  assert.deepEqual([status.heartbeat_ok, status.heartbeat_total], [1, 1]);
});

test(`${req('P7-notifications', 'P7-kept')} what waits comes on the next ping, again while no pong settles it, and then no more`, async (t) => {
  const under = await startTestGateway(t, { config: OFTEN });
  const admin = await under.login();
  const token = await addToken(under, { principal: 'ada' });
  const first = await notify(admin, { principal: 'ada' });
  const second = await notify(admin, { principal: 'ada', msg: 'second' });
  const before = await under.login({ token });
  assert.deepEqual(ids(await pingWith(before, first)), [first, second]);
  before.terminate();
  const client = await under.login({ token });
  await pingWith(client, first);
  const repeated = await nextPing(client);
  assert.deepEqual(ids(repeated), [first, second]);
  client.send({ jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 1_000_000 } });
  assert.deepEqual(ids(await nextPing(client)), [first, second], 'a seq that was never sent settles nothing');
  await pong(client, repeated);
  assert.deepEqual(ids(await nextPing(client)), []);
  client.terminate();
  const after = await under.login({ token });
  assert.deepEqual(ids(await nextPing(after)), []);
});

test(`${req('P7-everyone', 'P4-notify')} every connection it is for gets it, no other does, and one pong settles it`, async (t) => {
  const under = await startTestGateway(t, { config: OFTEN });
  const [one, two] = [await under.login(), await under.login()];
  const phone = await under.login({ client_id: 'phone' });
  const stranger = await under.login({
    token: await addToken(under, { principal: 'ada' }),
    client_id: 'phone',
  });
  const forAll = await notify(one);
  const forPhone = await notify(one, { client_id: 'phone' });
  await pingWith(one, forAll);
  await pingWith(phone, forPhone);
  await pong(two, await pingWith(two, forAll));
  const settled = await nextPing(one);
  assert.ok(!ids(settled).includes(forAll));
  assert.deepEqual(await kept(one), [forPhone]);
  for (const other of [one, two, stranger]) {
    await nextPing(other);
    assert.ok(!other.frames.filter(isPing).flatMap(ids).includes(forPhone));
  }
  assert.deepEqual(stranger.frames.filter(isPing).flatMap(ids), []);
});

test(`${req('P7-ping-size', 'P7-notifications')} more than fits comes on several pings below 15 KiB, the oldest first`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const sent: string[] = [];
  for (let at = 0; at < 4; at += 1) sent.push(await notify(client, { msg: '\u0001'.repeat(2048) }));
  const seen = new Set<string>();
  for (let ping = await client.frame(isPing); ; ping = await nextPing(client)) {
    assert.ok(Buffer.byteLength(JSON.stringify(ping)) < 15 * 1024);
    for (const id of ids(ping)) seen.add(id);
    if (seen.size === sent.length) break;
    await pong(client, ping);
  }
  assert.deepEqual([...seen], sent);
});

test(`${req('P7-not-proactive')} while they are switched off pings carry nothing and the queue is kept`, async (t) => {
  const under = await startTestGateway(t, {
    config: OFTEN.replace('[gateway.rate', 'proactive_notifications = false\n[gateway.rate'),
  });
  const client = await under.login();
  const id = await notify(client);
  for (let at = 0; at < 2; at += 1) {
    const ping = await nextPing(client);
    assert.deepEqual(ids(ping), []);
    await pong(client, ping);
  }
  assert.deepEqual(await kept(client), [id]);
});

test(`${req('P7-kept', 'P4-notify')} pending and scheduled ones outlive a restart`, async (t) => {
  const under = await startTestGateway(t, { config: OFTEN });
  const client = await under.login();
  const pending = await notify(client);
  const scheduled = await notify(client, { in_seconds: 2 });
  const far = await notify(client, { in_seconds: 300_000_000 });
  const again = await (await under.restart()).login();
  await pong(again, await pingWith(again, pending));
  await pong(again, await pingWith(again, scheduled));
  assert.deepEqual(await kept(again), [far]);
});

test(`${req('P7-crash', 'P7-kept')} killed after it accepted one, and again after a pong: never lost, and settled for good`, {
  timeout: 60_000,
}, async (t) => {
  const options = { homeDir: temporaryFolder(t), config: OFTEN };
  const first = await startGatewayProcess(t, options);
  const sender = await first.login();
  const [, id] = [await notify(sender, { in_seconds: 1 }), await notify(sender)];
  const [soon = ''] = await kept(sender);
  await first.kill();

  const second = await startGatewayProcess(t, options);
  const receiver = await second.login();
  assert.deepEqual(await kept(receiver), [soon, id]);
  await pingWith(receiver, soon);
  const both = await nextPing(receiver);
  assert.deepEqual(ids(both).sort(), [soon, id].sort());
  await second.kill();

  const third = await startGatewayProcess(t, options);
  const again = await third.login();
  const ping = await nextPing(again);
  assert.deepEqual(ids(ping).sort(), [soon, id].sort(), 'carried, but no pong: kept');
  await pong(again, ping);
  // In the order of calls: the answer tells that the deletion before it is on disk.
  assert.deepEqual(await kept(again), []);
  await third.kill();

  const last = await (await startGatewayProcess(t, options)).login();
  assert.deepEqual(ids(await nextPing(last)), []);
  assert.deepEqual(await kept(last), []);
});
