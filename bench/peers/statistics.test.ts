import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderOf, ratios, spreadOf } from './statistics.js';

test('a spread is the middle value and the range, whatever the order', () => {
  assert.deepEqual(spreadOf([30, 10, 200]), { median: 30, least: 10, most: 200 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 });
  assert.deepEqual(spreadOf([7]), { median: 7, least: 7, most: 7 });
  assert.ok(Number.isNaN(spreadOf([]).median));
});

test('ratios are taken within a round', () => {
  // The second round was half as fast for everybody.
  assert.deepEqual(ratios([80, 40], [100, 50]), [0.8, 0.8]);
});

test('every other round goes the other way', () => {
  const names = ['a', 'b', 'c'];
  assert.deepEqual(orderOf(names, 0), ['a', 'b', 'c']);
  assert.deepEqual(orderOf(names, 1), ['c', 'b', 'a']);
  assert.deepEqual(orderOf(names, 2), ['a', 'b', 'c']);
  assert.deepEqual(names, ['a', 'b', 'c']);
});
