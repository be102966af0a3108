/** How many connections come in, and from where (protocol section 1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { askUpgrade, type HttpAnswer } from '../helpers/raw-socket.js';
import { req } from './requirements.js';

/** Only Linux answers on all of 127.0.0.0/8 without being asked to. */
const OTHER_ADDRESS =
  process.platform === 'linux' ? false : 'needs a second loopback address, which only Linux has';

const assertRefused = (answer: HttpAnswer, status: number): void => {
  assert.equal(answer.status, status);
  assert.match(answer.headers.get('retry-after') ?? 'none', /^[1-9]\d*$/);
};

test(`${req('P1-max-connections', 'P1-limits-freed')} max_connections: 503, until one leaves`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_connections = 2\n' });
  const first = await under.login();
  await under.login();
  assertRefused(await askUpgrade(t, under.port), 503);
  await first.settle();
  await first.close();
  const third = await under.login();
  assertRefused(await askUpgrade(t, under.port), 503);
  await third.settle();
});

test(`${req('P1-max-per-ip', 'P1-limits-freed')} max_connections_per_ip: 429, until one leaves`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_connections_per_ip = 2\n' });
  const first = await under.login();
  const second = await under.login();
  assertRefused(await askUpgrade(t, under.port), 429);
  await first.close();
  await under.login();
  assertRefused(await askUpgrade(t, under.port), 429);
  await second.settle();
});

test(`${req('P1-max-per-ip')} another address has places of its own`, { skip: OTHER_ADDRESS }, async (t) => {
  const config = '[gateway]\nmax_connections_per_ip = 1\nmax_unauthenticated_per_ip = 1\n';
  const under = await startTestGateway(t, { config });
  await under.connect();
  assertRefused(await askUpgrade(t, under.port), 429);
  assert.equal((await askUpgrade(t, under.port, { from: '127.0.0.2' })).status, 101);
});

test(`${req('P1-max-unauthenticated', 'P1-limits-freed')} max_unauthenticated: 503, until one authenticates or leaves`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_unauthenticated = 2\n' });
  const authenticated = await under.login();
  const stranger = await under.connect();
  const other = await under.connect();
  assertRefused(await askUpgrade(t, under.port), 503);

  // Those already in are not disturbed, whichever side of the door they are on.
  await authenticated.settle();
  const params = { client_id: 'late', client_version: '1', token: under.token };
  const answer = await ask(stranger, { jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 });
  assert.deepEqual(answer.result.channels, ['default']);

  const replacement = await under.connect();
  assertRefused(await askUpgrade(t, under.port), 503);
  await other.close();
  await under.connect();
  assertRefused(await askUpgrade(t, under.port), 503);
  await replacement.close();
  await under.login();
});

test(`${req('P1-max-unauthenticated-per-ip')} max_unauthenticated_per_ip: 429`, async (t) => {
  const under = await startTestGateway(t, { config: '[gateway]\nmax_unauthenticated_per_ip = 1\n' });
  await under.login();
  const stranger = await under.connect();
  assertRefused(await askUpgrade(t, under.port), 429);
  await stranger.close();
  await under.login();
  await under.login();
});

test(`${req('P1-max-per-ip', 'P1-max-unauthenticated-per-ip', 'P1-max-unauthenticated')} 0 is no limit`, async (t) => {
  const zero = ['max_connections_per_ip', 'max_unauthenticated', 'max_unauthenticated_per_ip'];
  const config = `[gateway]\n${zero.map((key) => `${key} = 0\n`).join('')}`;
  const under = await startTestGateway(t, { config });
  // One more than the defaults let in from one address.
  await Promise.all(Array.from({ length: 101 }, () => under.connect()));
  assert.equal((await askUpgrade(t, under.port)).status, 101);
});

test(`${req('P1-max-unauthenticated-per-ip')} the default lets 100 strangers in from one address`, async (t) => {
  const under = await startTestGateway(t);
  await Promise.all(Array.from({ length: 100 }, () => under.connect()));
  assertRefused(await askUpgrade(t, under.port), 429);
});
