import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOptions, UsageError, usage } from './options.js';
import { checkRoom } from './room.js';
import type { Scenario } from './scenario.js';

const scenario: Scenario = {
  name: 'idle',
  summary: 'nothing much',
  defaults: { connections: 10, seconds: 2, heartbeatSeconds: 30 },
  run: async () => [],
};
const read = (...args: string[]) => readOptions(['--scenario', 'idle', ...args], [scenario]);

test('what is not said is the scenario’s default', () => {
  const options = read('--seconds', '0.5');
  assert.equal(options?.connections, 10);
  assert.equal(options?.seconds, 0.5);
  assert.equal(options?.heartbeatSeconds, 30);
  assert.equal(options?.server, 'gateway');
  assert.equal(options?.running, null);
});

test('a running gateway is named with the file of its token', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'token'), 'oc_local_x\n');
  const options = read('--url', 'ws://127.0.0.1:18789', '--token-file', join(dir, 'token'), '--pid', '7');
  assert.deepEqual(options?.running, { url: 'ws://127.0.0.1:18789', token: 'oc_local_x', pid: 7 });
});

test('a command line that cannot be followed is refused with what to do', () => {
  const refused = (args: string[], says: RegExp): void =>
    assert.throws(
      () => readOptions(args, [scenario]),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  refused([], /--scenario: idle/);
  refused(['--scenario', 'idle', '--connections', '1.5'], /--connections is a whole number/);
  refused(['--scenario', 'idle', '--seconds', '0'], /--seconds is a number above 0/);
  refused(['--scenario', 'idle', '--server', 'ws'], /--server is one of gateway, raw/);
  refused(['--scenario', 'idle', '--nothing'], /--help lists/);
  refused(['--scenario', 'idle', '--url', 'ws://127.0.0.1:1'], /--token-file/);
  refused(['--scenario', 'idle', '--url', 'wss://127.0.0.1:1', '--token-file', '/dev/null'], /a ws: URL/);
  refused(['--scenario', 'idle', '--token-file', '/dev/null'], /belong to --url/);
});

test('help names every scenario', () => {
  assert.equal(read('--help'), null);
  assert.match(usage([scenario]), /idle +nothing much/);
});

test('more connections than descriptors are refused before anything starts', () => {
  checkRoom(744, 2, true, 1000);
  assert.throws(() => checkRoom(745, 2, true, 1000), /enough for 744 connections/);
  checkRoom(1488, 2, false, 1000);
  assert.throws(() => checkRoom(1489, 2, false, 1000), UsageError);
  checkRoom(1e9, 1, true, null);
});
