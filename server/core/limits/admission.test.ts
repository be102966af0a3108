import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Admission } from './admission.js';

const limits = {
  maxConnections: 6,
  maxConnectionsPerAddress: 4,
  maxUnauthenticated: 5,
  maxUnauthenticatedPerAddress: 2,
};

test('strangers from one address are refused before those who have authenticated', () => {
  const admission = new Admission(limits);
  admission.enter('a');
  admission.enter('a');
  assert.equal(admission.refusal('a'), 'address-full');
  assert.equal(admission.refusal('b'), null);
  admission.authenticated('a');
  assert.equal(admission.refusal('a'), null);
});

test('0 means no limit', () => {
  const admission = new Admission({
    maxConnections: 1000,
    maxConnectionsPerAddress: 0,
    maxUnauthenticated: 0,
    maxUnauthenticatedPerAddress: 0,
  });
  for (let i = 0; i < 999; i += 1) admission.enter('a');
  assert.equal(admission.refusal('a'), null);
  admission.enter('a');
  assert.equal(admission.refusal('b'), 'gateway-full');
});

test('whoever comes and goes, no limit is passed and nothing is left over', () => {
  const move = fc.record({
    address: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('come', 'authenticate', 'go'),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
      const admission = new Admission(limits);
      const live: { address: string; authenticated: boolean }[] = [];
      for (const { address, what } of moves) {
        if (what === 'come' && admission.refusal(address) === null) {
          admission.enter(address);
          live.push({ address, authenticated: false });
        } else if (what === 'authenticate') {
          const one = live.find((other) => other.address === address && !other.authenticated);
          if (one !== undefined) {
            one.authenticated = true;
            admission.authenticated(address);
          }
        } else if (what === 'go') {
          const at = live.findIndex((other) => other.address === address);
          if (at !== -1) admission.leave(address, live.splice(at, 1)[0]?.authenticated ?? false);
        }
        const strangers = live.filter((one) => !one.authenticated);
        assert.equal(admission.connections, live.length);
        assert.equal(admission.unauthenticated, strangers.length);
        assert.ok(live.length <= limits.maxConnections && strangers.length <= limits.maxUnauthenticated);
        for (const name of ['a', 'b', 'c']) {
          assert.ok(live.filter((one) => one.address === name).length <= limits.maxConnectionsPerAddress);
          assert.ok(
            strangers.filter((one) => one.address === name).length <= limits.maxUnauthenticatedPerAddress,
          );
        }
      }
      for (const { address, authenticated } of live) admission.leave(address, authenticated);
      assert.equal(admission.connections, 0);
      assert.equal(admission.refusal('a'), null);
    }),
  );
});
