import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueTime, nextRunMs } from './schedule.js';

const utc = (text: string): number => Date.parse(text);
const NOW = utc('2026-03-28T12:00:00Z');

const due = (when: Parameters<typeof dueTime>[0]) => {
  const found = dueTime(when, 'UTC', NOW);
  return found.ok ? new Date(found.dueAtMs).toISOString() : found.path;
};

test('a notification is due at once, after some seconds, at a time or on a schedule', () => {
  assert.equal(due({}), '2026-03-28T12:00:00.000Z');
  assert.equal(due({ in_seconds: 0 }), '2026-03-28T12:00:00.000Z');
  assert.equal(due({ in_seconds: 1.5 }), '2026-03-28T12:00:01.500Z');
  assert.equal(due({ at: '2026-03-28T14:00:00.25+01:00' }), '2026-03-28T13:00:00.250Z');
  assert.equal(due({ at: '2028-02-29t00:00:00z' }), '2028-02-29T00:00:00.000Z');
  assert.equal(due({ at: '2020-01-01T00:00:00Z' }), '2026-03-28T12:00:00.000Z', 'a past time is now');
  assert.equal(due({ cron: '30 9 * * 1' }), '2026-03-30T09:30:00.000Z');
});

test('times that do not exist and schedules that never come round are refused, and more than one of them', () => {
  for (const at of [
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-03-28T24:00:00Z',
    '2026-03-28T12:60:00Z',
    '2026-03-28T12:00:00+99:00',
    'tomorrow',
  ]) {
    assert.equal(due({ at }), '/at', at);
  }
  for (const cron of ['0 0 30 2 *', '* * * *', '* * * * * *', '61 * * * *', '* * * * MOO', '', '@never']) {
    assert.equal(due({ cron }), '/cron', cron);
  }
  assert.equal(due({ in_seconds: 1, cron: '* * * * *' }), '');
  assert.equal(due({ at: '2026-03-28T14:00:00Z', in_seconds: 1 }), '');
});

test('a schedule runs on the clocks of its time zone, through their changes', () => {
  const run = (after: string, timezone = 'Europe/Berlin') =>
    new Date(nextRunMs('0 9 * * *', timezone, utc(after)) ?? 0).toISOString();
  assert.equal(run('2026-03-27T12:00:00Z'), '2026-03-28T08:00:00.000Z');
  assert.equal(run('2026-03-28T08:00:00Z'), '2026-03-29T07:00:00.000Z', 'summer time; strictly after');
  assert.equal(run('2026-03-28T08:00:00Z', 'America/New_York'), '2026-03-28T13:00:00.000Z');
  assert.equal(nextRunMs('0 9 * * *', 'Mars/Olympus', NOW), null);
});
