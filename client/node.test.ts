import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { ConnectionClosedError, connect } from './node.js';
import { accept, type Message } from './scripted-gateway.js';

/** Self-signed for `elsewhere.example`; protects nothing but these tests. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkMwc7rnx/sXeh3Qt
NDMOKiOonv0BzKtezGc7ldk0z4KhRANCAAQghNCn3XJ4H53xQByVq5xiWCAgSQYH
qbWRjH46LMo9tFtlv9U69CIuJ8g4dCjikAZ5P325N+ECwT9fXB3y0tIG
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUJYzsv7Gj4OrHvVhDyTg5iGFSTtwwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRZWxzZXdoZXJlLmV4YW1wbGUwIBcNMjYxMTIyMjEyODA4WhgP
MjEyNjEwMjkyMTI4MDhaMBwxGjAYBgNVBAMMEWVsc2V3aGVyZS5leGFtcGxlMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIITQp91yeB+d8UAclaucYlggIEkGB6m1
kYx+OizKPbRbZb/VOvQiLifIOHQo4pAGeT99uTfhAsE/X1wd8tLSBqNTMFEwHQYD
VR0OBBYEFBrBd8axyrRkiZkaCt7F0yIoaeWHMB8GA1UdIwQYMBaAFBrBd8axyrRk
iZkaCt7F0yIoaeWHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
F7c8Fhqx/R++K0n+jTUWv6kWhCVLkLdmw28iAwKfrgACICCVSoMAMum38SJZwa/D
H/+596BTcDayvP5b7wbDO6d/
-----END CERTIFICATE-----`;
const FINGERPRINT = new X509Certificate(CERTIFICATE).fingerprint256;

const listen = async (t: TestContext) => {
  const server = createServer({ key: KEY, cert: CERTIFICATE });
  const upgrades: string[] = [];
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    upgrades.push('open');
    socket.on('message', (data) => accept(socket, JSON.parse(String(data)) as Message));
  });
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `wss://127.0.0.1:${(server.address() as AddressInfo).port}`, upgrades };
};

const options = (url: string) => ({ url, token: 'oc_local_test', clientId: 'test' });

/** How connecting ended: null, or what was wrong. */
const outcome = async (url: string, fingerprint?: string): Promise<Error | null> => {
  try {
    const pin = fingerprint === undefined ? {} : { fingerprint };
    await (await connect({ ...options(url), ...pin })).close();
    return null;
  } catch (error) {
    assert.ok(error instanceof ConnectionClosedError);
    return error.cause as Error;
  }
};

test('exactly the pinned certificate is trusted, whatever its names', async (t) => {
  const { url, upgrades } = await listen(t);
  assert.equal(await outcome(url, FINGERPRINT), null);
  assert.equal(await outcome(url, FINGERPRINT.replaceAll(':', '').toLowerCase()), null);
  assert.equal(upgrades.length, 2);
});

test('another certificate than the pinned one is refused, an empty pin too', async (t) => {
  const { url } = await listen(t);
  const other = FINGERPRINT.replace(/^../, FINGERPRINT.startsWith('00') ? '01' : '00');
  for (const fingerprint of [other, '', FINGERPRINT.slice(0, 20)]) {
    assert.match((await outcome(url, fingerprint))?.message ?? '', /presents another certificate/);
  }
});

test('without a pin the system’s rules hold', async (t) => {
  const { url } = await listen(t);
  assert.match(String(((await outcome(url)) as NodeJS.ErrnoException | null)?.code), /CERT/);
});

test('a URL that is none throws', async () => {
  await assert.rejects(connect(options('ftp://127.0.0.1')), SyntaxError);
});
