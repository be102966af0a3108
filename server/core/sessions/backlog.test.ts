import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../metrics/metrics.js';
import { BacklogWatch } from './backlog.js';

test('what waits for each client is added up as it changes, and each lagging client counts once', () => {
  const metrics = createMetrics();
  const owner = { checkBacklog: () => {} };
  const [one, other] = [new BacklogWatch(owner, metrics), new BacklogWatch(owner, metrics)];
  const figures = () => [metrics.clientsLagging, metrics.backlogBytes];
  one.count(0);
  assert.deepEqual(figures(), [0, 0]);
  one.count(100);
  one.count(100);
  other.count(5);
  assert.deepEqual(figures(), [2, 105]);
  one.count(40);
  assert.deepEqual(figures(), [2, 45]);
  one.count(0);
  one.count(0);
  assert.deepEqual(figures(), [1, 5]);
  other.count(0);
  assert.deepEqual(figures(), [0, 0]);
});
