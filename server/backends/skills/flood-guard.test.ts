import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FloodGuard } from './flood-guard.js';

test('so many messages and bytes within ten seconds, and again in the next', () => {
  const guard = new FloodGuard();
  for (let at = 0; at < 20_000; at += 1) assert.ok(guard.take(at / 10, 100));
  assert.ok(!guard.take(9999, 1));
  assert.ok(guard.take(10_000, 128 * 1024 * 1024));
  assert.ok(!guard.take(19_999, 1));
  assert.ok(guard.take(20_000, 1));
});
