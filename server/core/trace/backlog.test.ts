import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceBacklog } from './backlog.js';
import type { TraceEvent } from './trace.js';

const event = (msgId: number): TraceEvent => ({
  time: '2026-03-20T10:15:23.000Z',
  kind: 'RECV',
  msg_id: String(msgId),
  method: 'chat.send',
  channel: 'default',
  client_id: 'web',
});

test('a backlog gives everything in order while it is taken fast enough', () => {
  const backlog = new TraceBacklog();
  assert.ok(backlog.empty);
  for (let at = 0; at < 600; at += 1) backlog.add(() => event(at));
  const seen: string[] = [];
  while (!backlog.empty) {
    const { events, lost } = backlog.take();
    assert.ok(events.length > 0 && events.length <= 256);
    assert.equal(lost, 0);
    seen.push(...events.map(({ msg_id }) => msg_id));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 600 }, (_, at) => String(at)),
  );
});

test('beyond its bound events are counted, and told where they are missing', () => {
  const backlog = new TraceBacklog();
  let made = 0;
  for (let at = 0; at < 5000; at += 1) {
    backlog.add(() => {
      made += 1;
      return event(at);
    });
  }
  assert.equal(made, 2048, 'what is not kept is not made');
  let kept = 0;
  let lost = 0;
  while (!backlog.empty) {
    const batch = backlog.take();
    assert.equal(lost, 0, 'nothing stands behind the gap');
    kept += batch.events.length;
    lost += batch.lost;
  }
  assert.equal(kept, 2048);
  assert.equal(kept + lost, 5000);
  backlog.add(() => event(5000));
  assert.deepEqual([backlog.take().events[0]?.msg_id, backlog.empty], ['5000', true]);
});
