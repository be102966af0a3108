import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateWindow } from './rate-window.js';

test('the rate is that of the last minute, or of the time since the start', () => {
  const rate = new RateWindow();
  assert.equal(rate.perSecond, 0);
  rate.sample(30);
  assert.equal(rate.perSecond, 30);
  rate.sample(30);
  assert.equal(rate.perSecond, 15);
  for (let second = 0; second < 58; second += 1) rate.sample(30);
  assert.equal(rate.perSecond, 0.5);
  rate.sample(30);
  assert.equal(rate.perSecond, 0, 'what was before the last minute no longer counts');
});
