import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Watched, warningsOf } from './watch.js';

const counts = { open: 0, pings: 0, texts: 0, lost: {} };
const calm: Watched = {
  window: { seconds: 1, before: counts, after: counts, serverSeconds: 1 },
  busiestClientShare: 0.5,
  clientsShare: 1,
  elseShare: 0.1,
};

test('clients that took a whole core are named as the bottleneck, and other programs as a disturbance', () => {
  assert.deepEqual(warningsOf(calm), []);
  assert.match(
    warningsOf({ ...calm, busiestClientShare: 0.97 }).join(),
    /97 % .* the clients were the bottleneck/,
  );
  assert.match(warningsOf({ ...calm, elseShare: 0.6 }).join(), /Other programs took 60 %/);
});
