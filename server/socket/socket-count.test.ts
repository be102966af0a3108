import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketCount, type SocketLimits } from './socket-count.js';

const count = (limits: Partial<SocketLimits>, cells = SocketCount.cells()): SocketCount =>
  new SocketCount(cells, { maxConnections: 1000, maxUnauthenticated: 0, ...limits });

test('silent TCP connections are counted, refused beyond the limits, and freed', () => {
  const all = count({ maxConnections: 3 });
  const opened = Array.from({ length: 200 }, () => all.connect());
  assert.equal(opened.filter((accepted) => accepted).length, 3 + 128);
  for (const _ of opened) all.disconnect();
  assert.equal(all.connect(), true);
  const crowded = count({ maxUnauthenticated: 5 });
  assert.deepEqual(
    Array.from({ length: 7 }, () => crowded.connect()),
    [true, true, true, true, true, false, false],
  );
});

test('a WebSocket takes a place until it has left, and is no stranger on the way in', () => {
  const all = count({ maxConnections: 1, maxUnauthenticated: 1 });
  for (let come = 0; come < 1 + 128; come += 1) {
    assert.equal(all.connect(), true);
    all.upgraded();
  }
  assert.equal(all.connect(), false);
  all.disconnect();
  all.left();
  assert.equal(all.connect(), true);
});

test('counts on the same cells count together', () => {
  const cells = SocketCount.cells();
  const [one, other] = [count({ maxUnauthenticated: 2 }, cells), count({ maxUnauthenticated: 2 }, cells)];
  assert.deepEqual(
    [one.connect(), other.connect(), one.connect(), other.connect()],
    [true, true, false, false],
  );
  other.disconnect();
  other.disconnect();
  one.upgraded();
  assert.equal(other.connect(), true);
});
