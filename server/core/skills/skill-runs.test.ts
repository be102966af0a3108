import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createMetrics } from '../../../metrics/metrics.js';
import { openSqliteMemory } from '../../backends/memory/sqlite.js';
import { openBuiltInSkills } from '../../backends/skills/built-in.js';
import { Principals } from '../channels/principal.js';
import { Notifications } from '../notifications/notifications.js';
import type { FrameEntry } from '../streams/log.js';
import { Pump } from '../streams/pump.js';
import { Stream } from '../streams/stream.js';
import { NO_SPAN } from '../telemetry/tracer.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { RunTrace } from '../trace/run-trace.js';
import { Trace, type TraceEvent } from '../trace/trace.js';
import { AllowList } from './allow.js';
import { Catalogue } from './catalogue.js';
import { remindersOf } from './reminders.js';
import { type SkillRequest, SkillRuns } from './skill-runs.js';
import { StrayEvents } from './stray-events.js';

/** Runs of the built-in skills over a store on disk, at a time that stands still. */
const start = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  const memory = await openSqliteMemory({ path: join(dir, 'openclaw.db') });
  t.after(async () => {
    await memory.close();
    rmSync(dir, { recursive: true });
  });
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const wheel = new TimerWheel(100, 0);
  const pump = new Pump(() => {});
  const metrics = createMetrics();
  const settings = { proactive: true, timezone: 'UTC' };
  const faults: string[] = [];
  const onFault = (what: string) => faults.push(what);
  const notifications = new Notifications({ memory, clock, wheel, settings, metrics, onFault });
  const reminders = remindersOf({ memory, notifications, notificationSettings: settings, clock });
  const builtIn = openBuiltInSkills({ memory, reminders, wallMs: clock.wallMs, timezone: () => 'UTC' });
  const catalogue = new Catalogue([builtIn], { builtIn: new AllowList(['*']), servers: new Map() });
  const principals = new Principals(memory);
  const principal = await principals.acquire('ada');
  const channel = principal.defaultChannel;
  const other = (await principals.acquire('bob')).defaultChannel;
  const traced: TraceEvent[] = [];
  const runs = new SkillRuns({
    clock,
    wheel,
    pump,
    strays: new StrayEvents({ clock, wheel, pump, keepMs: 1000 }),
    principals,
    notifications,
    trace: new RunTrace(new Trace({ clock, later: () => {}, sink: (event) => traced.push(event) }), clock),
    limits: { timeoutMs: 1000, backgroundTimeoutMs: 1000, maxOutputBytes: 1000, maxConcurrent: 4 },
    metrics,
    onFault,
  });
  const begin = (name: string, change: Partial<SkillRequest> = {}) => {
    const skill = catalogue.find('ada', name) ?? assert.fail(name);
    return runs.start({
      skill,
      arguments: {},
      channel,
      clientId: 'web',
      reply: null,
      background: false,
      span: NO_SPAN,
      signal: null,
      ...change,
    });
  };
  const events = () =>
    Array.from({ length: channel.log.end - channel.log.first }, (_, at) => {
      const { stream, frame } = channel.log.at(channel.log.first + at) as FrameEntry;
      const { method, params } = JSON.parse(frame.text);
      return { method, params, stream };
    });
  return { begin, events, runs, catalogue, channel, other, memory, faults, traced, metrics };
};

test('the events of a reply’s run are part of the reply', async (t) => {
  const { begin, events, channel } = await start(t);
  const stream = new Stream('msg-1');
  channel.log.begin(stream);
  const { invocationId, outcome } = begin('time__now', { reply: { messageId: 'msg-1', stream, steps: 2 } });
  const { ok, content } = await outcome;
  const [invoked, result] = events();
  const about = { invocation_id: invocationId, skill: 'time.now', channel: 'default', message_id: 'msg-1' };
  assert.deepEqual(invoked, { method: 'skill.invoke', params: { ...about, arguments: {} }, stream });
  assert.deepEqual(result?.params, { ...about, ok, result: content, duration_ms: 0 });
  assert.equal(result?.stream, stream);
  assert.ok(stream.frameBytes > 0, 'and count for its retention');
});

test('whoever traces sees each run begin and end, and how', async (t) => {
  const { begin, runs, traced } = await start(t);
  const { invocationId, outcome } = begin('time.now', { arguments: { zone: 'UTC' } });
  await outcome;
  await begin('time.now', { signal: AbortSignal.abort() }).outcome;
  begin('time.now', { background: true, arguments: { zone: 'Nowhere' } });
  await runs.close();
  const [first] = traced;
  assert.deepEqual(
    [first?.message_id, first?.client_id, first?.channel, first?.method],
    [invocationId, 'web', 'default', 'skill.invoke'],
  );
  assert.deepEqual(
    traced.map(({ kind, skill, outcome: end, background, error }) => [kind, skill, end, background, error]),
    [
      ['CALL', 'time.now', undefined, undefined, undefined],
      ['SKILL', 'time.now', 'ok', undefined, undefined],
      ['CALL', 'time.now', undefined, undefined, undefined],
      ['SKILL', 'time.now', 'cancelled', undefined, 5021],
      ['CALL', 'time.now', undefined, true, undefined],
      ['SKILL', 'time.now', 'failed', true, 5021],
    ],
  );
  assert.ok((traced[1]?.size_bytes ?? 0) > 0);
  assert.ok(!JSON.stringify(traced).includes('Nowhere'));
});

test('so many runs of one skill at once, and each gives its place back', async (t) => {
  const { begin, other, metrics } = await start(t);
  const channels = [null, null, null, null, other, other];
  const outcomes = await Promise.all(
    channels.map((channel) => begin('time.now', channel === null ? {} : { channel }).outcome),
  );
  assert.deepEqual(
    outcomes.map(({ ok }) => ok),
    [true, true, true, false, true, false],
    'one principal does not take all, and all are not more than there may be',
  );
  assert.equal((await begin('time.now').outcome).ok, true);
  const { ok, refused } = metrics.skillRuns.get('built-in') ?? assert.fail();
  assert.deepEqual([ok, refused], [5, 2]);
});

test('a run is ended by its signal, and by a planned end; then none begins', async (t) => {
  const { begin, runs, events, metrics } = await start(t);
  assert.equal((await begin('time.now', { signal: AbortSignal.abort() }).outcome).ok, false);
  const open = begin('memory.search', { arguments: { query: 'tea' } });
  await runs.close();
  await open.outcome;
  assert.equal((await begin('time.now').outcome).ok, false);
  const told = events().map(({ method }) => method);
  assert.equal(told.filter((method) => method === 'skill.invoke').length, 3);
  assert.equal(told.filter((method) => method === 'skill.result').length, 3);
  const { cancelled, refused } = metrics.skillRuns.get('built-in') ?? assert.fail();
  assert.ok(cancelled >= 1, 'the one whose signal came first');
  assert.equal(refused, 1, 'the one behind the end');
});

test('a run in the background leaves a notification, and says where it cannot', async (t) => {
  const { begin, runs, memory, faults } = await start(t);
  const { outcome } = begin('time.now', { background: true });
  assert.match((await outcome).content, /in the background/);
  await runs.close();
  const [told] = await memory.listNotifications('ada', { after: null, limit: 10 });
  assert.equal(told?.type, 'skill');
  assert.match(told?.msg ?? '', /^time\.now has ended: Thursday, 1 January 1970/);
  const again = await start(t);
  await again.memory.close();
  again.begin('time.now', { background: true });
  await again.runs.close();
  assert.deepEqual(again.faults, ['the notification of a skill']);
  assert.deepEqual(faults, []);
});

test('who may not use a skill does not find it', async (t) => {
  const { catalogue } = await start(t);
  assert.equal(catalogue.find('ada', 'nothing'), null);
  const nobody = new Catalogue([], { builtIn: new AllowList(['*']), servers: new Map() });
  assert.equal(nobody.find('ada', 'time.now'), null);
});
