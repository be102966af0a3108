import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PingWatch } from './ping-watch.js';

test('a thousand pings a second are answered, the next one closes', () => {
  const watch = new PingWatch();
  for (let second = 0; second < 3; second += 1) {
    for (let ping = 0; ping < 1000; ping += 1)
      assert.equal(watch.take(125, 0, second * 1000 + ping / 2), null);
  }
  assert.equal(watch.take(0, 0, 2999), 'rateLimited');
  assert.equal(watch.take(0, 0, 3000), null);
});

test('answers that nobody reads may be 64 KiB, whatever else waits, and none once all has been read', () => {
  const watch = new PingWatch();
  const most = Math.floor((64 * 1024) / 127);
  for (let time = 0; time < 3; time += 1) {
    for (let ping = 0; ping < most; ping += 1) assert.equal(watch.take(125, 1, time * 1000), null);
    if (time < 2) assert.equal(watch.take(125, 0, time * 1000), null);
  }
  assert.equal(watch.take(125, 1, 2000), 'tryAgainLater');
});
