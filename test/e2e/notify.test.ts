/** `system.notify` and what lists and cancels (protocol section 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { startTestGateway } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const RARELY = '[gateway]\nheartbeat_interval = 1000000\n[gateway.rate_limit]\nenabled = false\n';
const TEA = { type: 'reminder', msg: 'Tea' };

const listed = async (client: Client, params: object = {}): Promise<Json[]> =>
  (await client.call('system.notifications', params)).notifications;

test(`${req('P4-notify-list', 'P4-notify')} the list tells what is pending and what is scheduled, when and for whom`, async (t) => {
  const under = await startTestGateway(t, {
    config: RARELY.replace('[gateway.rate', 'timezone = "Asia/Tokyo"\n[gateway.rate'),
  });
  const client = await under.login();
  for (const when of [
    {},
    { in_seconds: 3600, client_id: 'phone' },
    { at: '2099-12-31T23:59:59.5+01:00' },
    { cron: '0 9 1 1 *' },
    { principal: 'ada', type: 'made up' },
  ]) {
    await client.call('system.notify', { ...TEA, ...when });
  }
  const found = await listed(client);
  assert.deepEqual(
    found.map(({ state, type, msg, principal, client_id, cron }) => [
      state,
      type,
      msg,
      principal,
      client_id,
      cron,
    ]),
    [
      ['pending', 'reminder', 'Tea', 'local', undefined, undefined],
      ['scheduled', 'reminder', 'Tea', 'local', 'phone', undefined],
      ['scheduled', 'reminder', 'Tea', 'local', undefined, undefined],
      ['scheduled', 'reminder', 'Tea', 'local', undefined, '0 9 1 1 *'],
    ],
  );
  const [now, later, at, cron] = found;
  assert.equal(now.due_at, now.created_at);
  const waitMs = Date.parse(later.due_at) - Date.parse(later.created_at);
  assert.ok(Math.abs(waitMs - 3_600_000) < 1000);
  assert.equal(at.due_at, '2099-12-31T22:59:59.500Z');
  assert.match(cron.due_at, /^\d{4}-01-01T00:00:00\.000Z$/, 'nine o’clock in Tokyo');
  assert.deepEqual(
    (await listed(client, { principal: 'ada' })).map(({ type }) => type),
    ['made up'],
  );
});

test(`${req('P4-notify-list')} a long list comes in pages`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const sent: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    sent.push((await client.call('system.notify', { ...TEA, in_seconds: 1000 })).notification_id);
  }
  const first = await client.call('system.notifications', { limit: 3 });
  const rest = await client.call('system.notifications', {
    limit: 3,
    after: first.notifications[2].notification_id,
  });
  assert.deepEqual([first.has_more, rest.has_more], [true, false]);
  const found = [...first.notifications, ...rest.notifications];
  assert.deepEqual(
    found.map(({ notification_id }) => notification_id),
    sent,
  );
});

test(`${req('P4-notify-refused')} what cannot be, comes never, or is said twice gets -32602 that names it`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const cases: [object, string][] = [
    [{ in_seconds: 1, cron: '* * * * *' }, ''],
    [{ at: '2099-01-01T00:00:00Z', in_seconds: 1 }, ''],
    [{ at: '2099-02-30T00:00:00Z' }, '/at'],
    [{ at: '2099-02-03' }, '/at'],
    [{ cron: '0 0 30 2 *' }, '/cron'],
    [{ cron: '* * * * * *' }, '/cron'],
    [{ cron: '2099-01-01T00:00:00' }, '/cron'],
    [{ in_seconds: -1 }, '/in_seconds'],
    [{ msg: '' }, '/msg'],
    [{ msg: 'x'.repeat(2049) }, '/msg'],
    [{ type: 'x'.repeat(65) }, '/type'],
    [{ principal: 'a b' }, '/principal'],
    [{ client_id: '' }, '/client_id'],
  ];
  for (const [params, path] of cases) {
    const { error } = await client.request('system.notify', { ...TEA, ...params });
    assert.deepEqual([error?.code, error?.data.errors[0].path], [-32602, path], JSON.stringify(params));
  }
  assert.deepEqual(await listed(client), []);
});

test(`${req('P7-timezone')} a schedule is one of gateway.timezone`, async (t) => {
  const config = '[gateway]\ntimezone = "Asia/Kathmandu"\n';
  const client = await (await startTestGateway(t, { config })).login();
  await client.call('system.notify', { type: 'reminder', msg: 'Breakfast', cron: '0 9 * * *' });
  const [{ due_at }] = (await client.call('system.notifications')).notifications;
  // 5:45 ahead of UTC, in every season.
  assert.equal(due_at.slice(11, 19), '03:15:00');
});

test(`${req('P4-notify-cancel')} a cancelled one does not come; twice, and for one that never was, the answer is false`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const { notification_id } = await client.call('system.notify', { ...TEA, in_seconds: 0.5 });
  const cancel = () => client.call('system.notify_cancel', { notification_id });
  assert.deepEqual([await cancel(), await cancel()], [{ cancelled: true }, { cancelled: false }]);
  const later = await client.call('system.notify', { ...TEA, in_seconds: 0.6 });
  const ping = await client.frame(({ method }) => method === 'heartbeat.ping', 'a ping');
  assert.deepEqual(
    ping.params.notifications.map(({ id }: Json) => id),
    [later.notification_id],
  );
});

test(`${req('P4-notify-admin')} without the scope admin none of it can be called`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login({ token: await addToken(under, { principal: 'ada' }) });
  for (const [method, params] of [
    ['system.notify', TEA],
    ['system.notifications', {}],
    ['system.notify_cancel', { notification_id: 'ntf-1' }],
  ] as const) {
    const { error } = await client.request(method, params);
    assert.deepEqual([error.code, error.data], [4012, { scope: 'admin' }], method);
  }
});

test(`${req('P7-limit')} the thousand and first of a principal is refused until there is room`, async (t) => {
  const under = await startTestGateway(t, { config: RARELY });
  const client = await under.login();
  const request = (id: number) => ({
    jsonrpc: '2.0',
    method: 'system.notify',
    params: { ...TEA, principal: 'ada', in_seconds: 1000 },
    id,
  });
  let sent = 0;
  while (sent < 1000) {
    const batch = Array.from({ length: 50 }, (_, at) => request(sent + at));
    const answers = client.next(Array.isArray, 'the answer to a batch');
    client.send(batch);
    for (const { result } of await answers) assert.notEqual(result, undefined);
    sent += batch.length;
  }
  const { error } = await client.request('system.notify', { ...TEA, principal: 'ada' });
  assert.equal(error.code, 4012);
  assert.match(error.data.reason, /1000 notifications/);
  await client.call('system.notify', TEA);
  const [oldest] = await listed(client, { principal: 'ada', limit: 1 });
  await client.call('system.notify_cancel', { notification_id: oldest.notification_id });
  await client.call('system.notify', { ...TEA, principal: 'ada' });
});
