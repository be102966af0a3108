/** Where tokens stand, and how long they are good for (protocol section 3). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { hashToken } from '../../server/auth/token.js';
import { ask } from '../helpers/exchange.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { recordLog } from '../helpers/recorded-log.js';
import { addToken, tokenFileOf } from '../helpers/tokens.js';
import { req } from './requirements.js';

const REVOKED = { code: 4001, reason: 'Token revoked' };

/** The answer to a handshake on a fresh connection. */
const knock = async (under: GatewayUnderTest, token: string) =>
  ask(await under.connect(), {
    jsonrpc: '2.0',
    method: 'auth.handshake',
    params: { client_id: 'test', client_version: '1', token },
    id: 1,
  });

test(`${req('P3-token-form', 'P3-local-token', 'P8-home')} the first start makes the local token, a second keeps it`, async (t) => {
  const under = await startTestGateway(t);
  assert.match(under.token, /^oc_local_[0-9A-Za-z]{22,}$/);
  const client = await under.login();
  assert.ok(client.handshake.scopes.includes('admin'));
  const again = await under.restart();
  assert.equal(again.token, under.token);
  await again.login();

  // Lost, it is made anew, and the old one is worth nothing.
  rmSync(again.home.localTokenFile);
  const anew = await again.restart();
  assert.notEqual(anew.token, under.token);
  await anew.login();
  assert.equal((await knock(anew, under.token)).error.code, 4011);
});

test(`${req('P3-token-stored', 'P8-home')} no file but local-token holds the token, and others may not read`, async (t) => {
  const under = await startTestGateway(t);
  const token = await addToken(under, { principal: 'someone' });
  await under.login({ token });
  const files = readdirSync(under.home.dir);
  for (const expected of ['local-token', 'tokens.toml', 'openclaw.db']) assert.ok(files.includes(expected));
  for (const file of files) {
    const bytes = readFileSync(join(under.home.dir, file), 'latin1');
    assert.ok(!bytes.includes(token), `${file} holds a token`);
    assert.equal(bytes.includes(under.token), file === 'local-token', file);
  }
  assert.ok(readFileSync(under.home.tokensFile, 'utf8').includes(hashToken(token)));
  for (const path of [under.home.localTokenFile, under.home.tokensFile, under.home.gatewayFile]) {
    assert.equal(statSync(path).mode & 0o777, 0o600, path);
  }
  assert.equal(statSync(under.home.dir).mode & 0o077, 0);
});

test(`${req('P3-token-secret')} no token gets into the log or back to a client`, async (t) => {
  const { log, text } = recordLog();
  const under = await startTestGateway(t, { log, debug: true });
  const client = await under.connect();
  const wrong = 'oc_user_AbCdEfGhIjKlMnOpQrStUvWx';
  const request = (params: object) => ({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 });
  await ask(client, request({ client_id: 'a', client_version: '1', token: wrong }));
  await ask(client, request({ client_id: 'a b', client_version: wrong, token: under.token, [wrong]: 1 }));
  await ask(client, request({ client_id: 'a', client_version: '1', token: under.token }));
  const told = JSON.stringify(client.frames);
  assert.ok(!told.includes(under.token));
  assert.ok(!text().includes(under.token) && !text().includes(wrong));
  log.error('a line that shows that the log is read');
  assert.match(text(), /shows that the log is read/);
});

test(`${req('P3-token-reread')} a token made a moment ago is accepted, a revoked one not`, async (t) => {
  const under = await startTestGateway(t);
  const token = await addToken(under, { principal: 'p', name: 'laptop' });
  const client = await under.login({ token });
  await tokenFileOf(under).revoke('laptop');
  await client.closed;
  assert.equal((await knock(under, token)).error.code, 4011);
});

test(`${req('P3-revoked')} revocation closes every connection of the token, and no other`, async (t) => {
  const under = await startTestGateway(t);
  const token = await addToken(under, { principal: 'p', name: 'laptop' });
  const other = await under.login({ token: await addToken(under, { principal: 'p', name: 'phone' }) });
  const clients = [await under.login({ token }), await under.login({ token })];
  const startedMs = performance.now();
  await tokenFileOf(under).revoke('laptop');
  assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), [REVOKED, REVOKED]);
  // Within a second, where the machine is not busy with something else.
  assert.ok(performance.now() - startedMs < 10_000);
  await other.settle();
});

test(`${req('P3-revoked')} other rights under the same token are a revocation`, async (t) => {
  const under = await startTestGateway(t);
  const token = await addToken(under, { principal: 'p', name: 'laptop' });
  const client = await under.login({ token });
  const tokens = tokenFileOf(under);
  const entry = tokens.list().find(({ name }) => name === 'laptop');
  assert.ok(entry);
  await tokens.put({ ...entry, scopes: ['status'] });
  assert.deepEqual(await client.closed, REVOKED);
  assert.deepEqual((await under.login({ token })).handshake.scopes, ['status']);
});

test(`${req('P3-expired')} expiry closes the connections of the token, by itself`, async (t) => {
  const under = await startTestGateway(t);
  const expiresAtMs = Date.now() + 3000;
  const token = await addToken(under, { principal: 'p', expiresAtMs });
  const lasting = await under.login();
  const client = await under.login({ token });
  assert.deepEqual(await client.closed, REVOKED);
  assert.ok(Date.now() >= expiresAtMs);
  assert.equal((await knock(under, token)).error.code, 4011);
  await lasting.settle();
});

test(`${req('P3-last-used')} when a token was last used stands in the database`, async (t) => {
  const under = await startTestGateway(t);
  const beforeMs = Date.now();
  const token = await addToken(under, { principal: 'p' });
  const unused = await addToken(under, { principal: 'p' });
  await (await under.login({ token })).close();
  const afterMs = Date.now();
  await under.gateway.close();
  const database = new Database(under.home.databaseFile, { readonly: true });
  t.after(() => database.close());
  const lastUse = database.prepare('SELECT last_used_at_ms FROM token_use WHERE token_hash = ?').pluck();
  const usedAtMs = lastUse.get(hashToken(token));
  assert.ok(typeof usedAtMs === 'number' && usedAtMs >= beforeMs && usedAtMs <= afterMs);
  assert.equal(lastUse.get(hashToken(unused)), undefined);
});
