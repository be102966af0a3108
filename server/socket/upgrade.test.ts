import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOrigin, hostName, type OriginRules, REFUSALS } from './upgrade.js';

const rules: OriginRules = {
  servedHosts: new Set(['localhost', '127.0.0.1', '::1', 'gateway.example.com', '*.agents.example.com']),
  allowedOrigins: new Set(),
  scheme: 'http',
  port: 18789,
};
const check = (hosts: string[], origin = '', changed: Partial<OriginRules> = {}) =>
  checkOrigin({ hosts, origin }, { ...rules, ...changed });

test('a host is compared as a name, whatever its port, case or brackets', () => {
  for (const host of ['localhost', 'LOCALHOST:18789', '127.0.0.1:1', '[::1]:18789', 'gateway.example.com.']) {
    assert.equal(check([host]), null, host);
  }
});

test('a host that is not served, missing, doubled or no host at all is refused', () => {
  const hostile = [
    '',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil',
    'localhost/x',
    'local host',
    '0',
  ];
  for (const host of hostile) assert.equal(check([host]), REFUSALS.host, host);
  assert.equal(check([]), REFUSALS.host);
  assert.equal(check(['localhost', 'localhost']), REFUSALS.host);
});

test('a wildcard name of a certificate stands for one label', () => {
  assert.equal(check(['a.agents.example.com']), null);
  assert.equal(check(['agents.example.com']), REFUSALS.host);
  assert.equal(check(['b.a.agents.example.com']), REFUSALS.host);
});

test('without a list, the gateway’s own origins are allowed and no other', () => {
  for (const origin of ['http://localhost:18789', 'http://127.0.0.1:18789', 'http://[::1]:18789']) {
    assert.equal(check(['localhost'], origin), null, origin);
  }
  for (const origin of [
    'null',
    'https://localhost:18789',
    'http://localhost',
    'http://localhost:18789/',
    'http://localhost:18789.evil.example',
    'http://evil.example:18789',
    'http://user@localhost:18789',
  ]) {
    assert.equal(check(['localhost'], origin), REFUSALS.origin, origin);
  }
});

test('with a list, exactly the listed origins are allowed', () => {
  const allowedOrigins = new Set(['https://app.example.com']);
  assert.equal(check(['localhost'], 'https://app.example.com', { allowedOrigins }), null);
  assert.equal(check(['localhost'], 'https://app.example.com.evil', { allowedOrigins }), REFUSALS.origin);
  assert.equal(check(['localhost'], 'http://localhost:18789', { allowedOrigins }), REFUSALS.origin);
});

test('an address with zeros left out is the same address', () => {
  assert.equal(hostName('[0:0:0:0:0:0:0:1]'), '::1');
});
