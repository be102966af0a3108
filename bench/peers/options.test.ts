import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESULT_FILE, readOptions, UsageError, usage } from './options.js';
import { PEERS } from './servers.js';

test('without options everybody is measured under every load of the goals', () => {
  const options = readOptions([]);
  assert.deepEqual(options?.peers, PEERS);
  assert.deepEqual(options?.loads, [
    { connections: 64, depth: 16 },
    { connections: 64, depth: 1 },
    { connections: 1000, depth: 1 },
  ]);
  assert.equal(options?.rounds, 5);
  assert.equal(options?.jsonFile, null);
});

test('some servers are measured, and always the one the ratios are to', () => {
  const options = readOptions(['--only', 'ws,gateway', '--load', '2x3', '--rounds', '1', '--seconds', '0.5']);
  assert.deepEqual(
    options?.peers.map(({ name }) => name),
    ['echo', 'gateway', 'ws'],
  );
  assert.deepEqual(options?.loads, [{ connections: 2, depth: 3 }]);
  assert.equal(options?.seconds, 0.5);
  assert.equal(readOptions(['--write-docs'])?.jsonFile, RESULT_FILE);
});

test('a command line that cannot be followed is refused with what to do', () => {
  const refused = (args: string[], says: RegExp): void =>
    assert.throws(
      () => readOptions(args),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  refused(['--only', 'wss'], /no wss: it is one of echo, gateway,/);
  for (const load of ['64', '0x1', '64x', '64x16,', '1e3x1']) refused(['--load', load], /such as 64x16/);
  refused(['--load', '1x5000'], /at most 4500 requests/);
  refused(['--rounds', '1.5'], /--rounds is a whole number/);
  refused(['--seconds', '0'], /--seconds is a number above 0/);
  refused(['--write-docs', '--only', 'ws'], /leave out --json and --only/);
  refused(['--nothing'], /--help lists/);
});

test('help names every server', () => {
  assert.equal(readOptions(['--help']), null);
  for (const { name } of PEERS) assert.ok(usage().includes(`  ${name} `), name);
});
