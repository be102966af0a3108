import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCores, coresOf, pinned } from './cores.js';

test('a list of cores is read as Linux writes it', () => {
  assert.deepEqual(coresOf('0-3,8\n'), [0, 1, 2, 3, 8]);
  assert.deepEqual(coresOf('5'), [5]);
  assert.deepEqual(coresOf(''), []);
});

test('the client gets a core of its own, not a thread of the server’s', () => {
  const pairs = (core: number): number[] => (core % 2 === 0 ? [core, core + 1] : [core - 1, core]);
  assert.deepEqual(chooseCores([0, 1, 2, 3], pairs), { server: 0, client: 2 });
  assert.deepEqual(
    chooseCores([4, 7], (core) => [core]),
    { server: 4, client: 7 },
  );
  assert.equal(chooseCores([0, 1], pairs), null);
  assert.equal(chooseCores([3], pairs), null);
});

test('a pinned command names its core', () => {
  assert.deepEqual(pinned(null, ['node', 'a.js']), ['node', 'a.js']);
  assert.deepEqual(pinned(2, ['node', 'a.js']), ['taskset', '--cpu-list', '2', 'node', 'a.js']);
});
