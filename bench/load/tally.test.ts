import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from './histogram.js';
import { between, Tally, together, totalOf } from './tally.js';

test('what processes have seen adds up, and a while is what came between', () => {
  const one = new Tally();
  const other = new Tally();
  one.counters.replies = 5;
  one.histograms.reply.record(1);
  other.lose('close 4002');
  const before = together([one.snapshot(), other.snapshot()]);
  one.counters.replies += 2;
  one.histograms.reply.record(3);
  other.counters.replies += 1;
  other.lose('close 4002');
  other.fault('-32603');
  const while_ = between(before, together([one.snapshot(), other.snapshot()]));
  assert.equal(while_.counters.replies, 3);
  assert.deepEqual(while_.lost, { 'close 4002': 1 });
  assert.deepEqual(while_.faults, { '-32603': 1 });
  const replies = Histogram.from(while_.histograms.reply);
  assert.equal(replies.count, 1);
  assert.ok(replies.percentile(1) >= 3 && replies.percentile(1) < 3.1);
});

test('a server that gives ever new reasons fills no memory, and none of them is taken for something inherited', () => {
  const tally = new Tally();
  tally.fault('__proto__');
  tally.fault('constructor');
  for (let at = 0; at < 1000; at += 1) tally.fault(`reason ${at}`);
  const { faults } = tally.snapshot();
  assert.ok(Object.keys(faults).length <= 51);
  assert.equal(totalOf(faults), 1002);
  assert.equal(faults.constructor, 1);
});
