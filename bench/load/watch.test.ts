import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsWereLimit, type Shares, warningsOf } from './watch.js';

const calm: Shares = { server: 0.6, busiestClient: 0.5, clients: 1, clientCores: null, others: 0.1 };

test('clients that took a whole core are named as the bottleneck, and other programs as a disturbance', () => {
  assert.deepEqual(warningsOf(calm), []);
  assert.match(
    warningsOf({ ...calm, busiestClient: 0.97 }).join(),
    /The clients were the bottleneck: the busiest took 97 % .* the server 60 %/,
  );
  assert.match(warningsOf({ ...calm, others: 0.6 }).join(), /Other programs took 60 %/);
});

test('a server that took a whole core itself was the limit, however busy the clients were', () => {
  assert.equal(clientsWereLimit({ ...calm, busiestClient: 0.97, server: 0.99 }), false);
  assert.equal(clientsWereLimit({ ...calm, busiestClient: 0.97, server: null }), true);
});

test('clients that share their cores are at the limit when those are used up', () => {
  assert.equal(clientsWereLimit({ ...calm, busiestClient: 0.48, clients: 0.95, clientCores: 1 }), true);
  assert.equal(clientsWereLimit({ ...calm, busiestClient: 0.48, clients: 0.95, clientCores: 2 }), false);
});
