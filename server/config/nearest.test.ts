import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONFIG_KEYS } from '../../schemas/config.js';
import { editDistance, nearestKey } from './nearest.js';

test('the key that was meant is found', () => {
  for (const [typed, meant] of [
    ['gateway.heartbeat_intervall', 'gateway.heartbeat_interval'],
    ['gateway.heartbeat-interval', 'gateway.heartbeat_interval'],
    ['Gateway.Port', 'gateway.port'],
    ['gatway.tls.enbled', 'gateway.tls.enabled'],
    ['heartbeat_timeout', 'gateway.heartbeat_timeout'],
    ['heartbeat_timout', 'gateway.heartbeat_timeout'],
    ['gateway.burst_size', 'gateway.rate_limit.burst_size'],
    ['rate_limit.burst_size', 'gateway.rate_limit.burst_size'],
    ['metric.port', 'metrics.port'],
    ['server.log.level', 'log.level'],
    ['completely.different', null],
    ['', null],
    ['x'.repeat(100_000), null],
  ]) {
    assert.equal(nearestKey(typed ?? ''), meant, typed?.slice(0, 50));
  }
});

test('a key with one letter lost is still told from all others', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CONFIG_KEYS), fc.nat(), (key, at) => {
      const position = at % key.length;
      assert.equal(nearestKey(key.slice(0, position) + key.slice(position + 1)), key);
    }),
  );
});

test('the edit distance is a metric', () => {
  const text = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c));
    }),
  );
});
