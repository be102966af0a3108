import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMetrics } from '../../../metrics/metrics.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import { openBuiltInSkills } from '../../backends/skills/built-in.js';
import { invoke, skillsContract } from '../../backends/skills/contract.js';
import { Notifications } from '../notifications/notifications.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { remindersOf } from './reminders.js';

const WALL_MS = Date.UTC(2026, 2, 20, 10, 15, 23);

/** Over a store on disk, at a time that stands still. */
const open = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const memory = await openSqliteMemory({ path: join(dir, 'openclaw.db') });
  t.after(async () => {
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  const clock = { nowMs: () => 0, wallMs: () => WALL_MS };
  const metrics = createMetrics();
  const settings = { proactive: true, timezone: 'UTC' };
  const wheel = new TimerWheel(100, 0);
  const onFault = (what: string, error: unknown) => assert.fail(`${what}: ${error}`);
  const notifications = new Notifications({ memory, clock, wheel, settings, metrics, onFault });
  const reminders = remindersOf({ memory, notifications, notificationSettings: settings, clock });
  const skills = openBuiltInSkills({
    memory,
    reminders,
    wallMs: clock.wallMs,
    timezone: () => settings.timezone,
  });
  await memory.openPrincipal('ada');
  await memory.openPrincipal('bob');
  await memory.addMessage({
    principal: 'ada',
    channelId: 'default',
    messageId: 'msg-1',
    clientId: 'terminal',
    content: `The key is under the mat. ${'x '.repeat(2000)}`,
    metadata: null,
    idempotencyKey: null,
    onlyRepeated: false,
    createdAtMs: WALL_MS,
  });
  return { skills, memory };
};

skillsContract('built-in skills', async (t) => (await open(t)).skills, {
  good: { skill: 'memory.search', arguments: { query: 'mat' }, content: /user: The key is under the mat\./ },
  large: { skill: 'memory.search', arguments: { query: 'mat' } },
  misfit: { query: 5 },
});

test('a reminder is set, listed and cancelled by its principal alone', async (t) => {
  const { skills, memory } = await open(t);
  const set = await invoke(skills, 'reminder.set', { text: 'Tea', in_seconds: 60 });
  const [, id = ''] = /^Set\. (\S+): 2026-03-20T10:16:23\.000Z Tea$/.exec(set.content) ?? [];
  assert.notEqual(id, '', set.content);
  const daily = await invoke(skills, 'reminder.set', { text: 'Stand up', cron: '0 9 * * 1-5' });
  assert.match(daily.content, /2026-03-23T09:00:00\.000Z \(again and again: 0 9 \* \* 1-5\) Stand up$/);
  assert.equal((await invoke(skills, 'reminder.list', {})).content.split('\n').length, 2);
  const [stored] = await memory.listNotifications('ada', { after: null, limit: 10 });
  assert.equal(stored?.type, 'reminder');
  assert.equal(
    (await invoke(skills, 'reminder.list', {}, { principal: 'bob' })).content,
    'There are no reminders.',
  );
  assert.equal((await invoke(skills, 'reminder.cancel', { id }, { principal: 'bob' })).ok, false);
  assert.equal((await invoke(skills, 'reminder.cancel', { id })).ok, true);
  assert.equal((await invoke(skills, 'reminder.cancel', { id })).ok, false);
});

test('reminders that cannot be say why', async (t) => {
  const { skills } = await open(t);
  for (const [args, expected] of [
    [{}, /^The argument text is missing\.$/],
    [{ text: '' }, /^The argument text must be a string of 1 to 2048 characters\.$/],
    [
      { text: 'Tea', when: 'soon' },
      /^There is no argument of that name; there are: text, at, in_seconds, cron\.$/,
    ],
    [
      { text: 'Tea', in_seconds: 1, cron: '* * * * *' },
      /^The reminder was not set: must have at most one of/,
    ],
    [{ text: 'Tea', at: 'soon' }, /^The reminder was not set: at must be a time that exists\.$/],
    [{ text: 'Tea', cron: '0 0 30 2 *' }, /^The reminder was not set: cron must be a schedule/],
    [JSON.parse('{"text":"Tea","__proto__":1}'), /^There is no argument of that name/],
  ] as const) {
    const { ok, content } = await invoke(skills, 'reminder.set', args);
    assert.equal(ok, false);
    assert.match(content, expected);
  }
});

test('the time is told in the gateway’s zone or another', async (t) => {
  const { skills } = await open(t);
  const told = 'Friday, 20 March 2026 at 10:15:23 UTC (2026-03-20T10:15:23.000Z)';
  assert.equal((await invoke(skills, 'time.now', {})).content, told);
  assert.match((await invoke(skills, 'time.now', { zone: 'Asia/Tokyo' })).content, /at 19:15:23/);
  assert.equal((await invoke(skills, 'time.now', { zone: 'Nowhere' })).ok, false);
});
