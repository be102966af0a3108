import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { Admission } from '../../core/limits/admission.js';
import { SharedAdmission } from './shared-admission.js';

const limits = {
  maxConnections: 12,
  maxConnectionsPerAddress: 4,
  maxUnauthenticated: 9,
  maxUnauthenticatedPerAddress: 2,
};

test('it lets in and refuses as the one of a single thread does, whoever comes and goes', () => {
  const move = fc.record({
    address: fc.constantFrom(...'abcdefghij'),
    what: fc.constantFrom('come', 'come', 'authenticate', 'go'),
    // Of the two threads.
    by: fc.constantFrom(0, 1),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
      // A table in which most addresses collide.
      const cells = SharedAdmission.cells(16);
      const shared = [new SharedAdmission(cells, limits), new SharedAdmission(cells, limits)] as const;
      const single = new Admission(limits);
      const live: { address: string; authenticated: boolean }[] = [];
      const strangerAt = (address: string) =>
        live.find((one) => one.address === address && !one.authenticated);
      for (const { address, what, by } of moves) {
        const one = shared[by as 0 | 1];
        if (what === 'come') {
          const refusal = single.tryEnter(address);
          assert.equal(one.tryEnter(address), refusal);
          if (refusal === null) live.push({ address, authenticated: false });
        } else if (what === 'authenticate') {
          const stranger = strangerAt(address);
          if (stranger === undefined) continue;
          stranger.authenticated = true;
          single.authenticated(address);
          one.authenticated(address);
        } else {
          const at = live.findIndex((other) => other.address === address);
          if (at === -1) continue;
          const authenticated = live.splice(at, 1)[0]?.authenticated ?? false;
          single.leave(address, authenticated);
          one.leave(address, authenticated);
        }
        assert.equal(one.connections, single.connections);
        assert.equal(one.unauthenticated, single.unauthenticated);
      }
      for (const { address, authenticated } of live) shared[0].leave(address, authenticated);
      // Nothing is left over: but for the lock, the seed and hashes of free slots all is as it was.
      assert.deepEqual([...cells.subarray(0, 4)], [0, 0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

test('a table without room refuses, and takes the next when one has gone', () => {
  const none = {
    maxConnections: 1e9,
    maxConnectionsPerAddress: 0,
    maxUnauthenticated: 0,
    maxUnauthenticatedPerAddress: 0,
  };
  const admission = new SharedAdmission(SharedAdmission.cells(16), none);
  for (let address = 0; address < 12; address += 1) assert.equal(admission.tryEnter(`${address}`), null);
  assert.equal(admission.tryEnter('12'), 'gateway-full');
  assert.equal(admission.tryEnter('3'), null, 'who is there already needs no slot');
  admission.leave('5', false);
  assert.equal(admission.tryEnter('12'), null);
});

test('threads that come and go at once lose no count', { timeout: 60_000 }, async () => {
  const cells = SharedAdmission.cells(1024);
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ SharedAdmission }) => {
      const limits = { maxConnections: 1e9, maxConnectionsPerAddress: 0, maxUnauthenticated: 0, maxUnauthenticatedPerAddress: 0 };
      const admission = new SharedAdmission(workerData.cells, limits);
      for (let round = 0; round < 2000; round += 1) {
        const address = String(round % 50);
        admission.tryEnter(address);
        admission.authenticated(address);
        if (round % 2 === 0) admission.leave(address, true);
      }
    });`;
  const module = new URL('./shared-admission.js', import.meta.url).href;
  await Promise.all(
    [0, 1].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(code, { eval: true, workerData: { cells, module } });
          worker.on('error', reject);
          worker.on('exit', resolve);
        }),
    ),
  );
  const admission = new SharedAdmission(cells, limits);
  assert.equal(admission.connections, 2 * 1000);
  assert.equal(admission.unauthenticated, 0);
});
