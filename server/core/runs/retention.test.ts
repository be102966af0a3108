import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../channels/channel.js';
import { Principal } from '../channels/principal.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { Retention } from './retention.js';
import { Run } from './run.js';

const WINDOW_MS = 300_000;
const TICK_MS = 100;

const stepped = (maxBytes = Number.POSITIVE_INFINITY) => {
  let now = 0;
  const wheel = new TimerWheel(TICK_MS, now);
  const forgotten: string[] = [];
  const retention = new Retention({
    clock: { nowMs: () => now, wallMs: () => now },
    wheel,
    windowMs: WINDOW_MS,
    maxBytes,
    onForgotten: ({ messageId }) => forgotten.push(messageId),
  });
  return {
    retention,
    wheel,
    forgotten,
    to: (nowMs: number): void => {
      now = nowMs;
      wheel.advance(now);
    },
  };
};

const openChannel = (id: string): Channel => new Channel(new Principal('ada', [], () => {}), id, id);

/** A run that has ended, as its channel's log has it. */
const endedRun = (channel: Channel, messageId: string, text = 'said'): Run => {
  const run = new Run(channel, messageId, 'message', 1);
  channel.log.begin(run.stream);
  channel.log.appendChunk(run.stream, text);
  channel.log.seal(run.stream, '{}', SCOPE_BIT.chat);
  run.keepsFromPosition = run.stream.firstPosition;
  run.state = 'ended';
  return run;
};

test('an ended reply is kept for the window and forgotten after it, its entries too', () => {
  const { retention, forgotten, to } = stepped();
  const channel = openChannel('default');
  const run = endedRun(channel, 'msg-1');
  retention.keep(run);
  to(WINDOW_MS - 1);
  assert.deepEqual(forgotten, []);
  assert.equal(channel.log.positionBehind(run.stream, -1), 0);
  to(WINDOW_MS + TICK_MS);
  assert.deepEqual(forgotten, ['msg-1']);
  assert.equal(channel.kept.size, 0);
  assert.equal(channel.log.first, channel.log.end);
  assert.equal(channel.log.positionBehind(run.stream, -1), -1);
});

test('replies are forgotten in the order they ended, each at its own time, on one timer', () => {
  const { retention, wheel, forgotten, to } = stepped();
  const [left, right] = [openChannel('left'), openChannel('right')];
  retention.keep(endedRun(left, 'msg-1'));
  to(1000);
  retention.keep(endedRun(right, 'msg-2'));
  to(2000);
  retention.keep(endedRun(left, 'msg-3'));
  assert.equal(wheel.pending, 1);
  to(WINDOW_MS + TICK_MS);
  assert.deepEqual(forgotten, ['msg-1']);
  assert.equal(left.log.first, 2);
  to(WINDOW_MS + 1000 + TICK_MS);
  assert.deepEqual(forgotten, ['msg-1', 'msg-2']);
  to(WINDOW_MS + 2000 + TICK_MS);
  assert.deepEqual(forgotten, ['msg-1', 'msg-2', 'msg-3']);
  assert.equal(wheel.pending, 0);
  retention.keep(endedRun(left, 'msg-4'));
  assert.equal(wheel.pending, 1);
});

test('past the bound the oldest go early, wherever they were said; the newest always stays', () => {
  const { retention, forgotten } = stepped(10_000);
  const [left, right] = [openChannel('left'), openChannel('right')];
  retention.keep(endedRun(left, 'msg-1', 'x'.repeat(3000)));
  retention.keep(endedRun(right, 'msg-2', 'x'.repeat(3000)));
  assert.deepEqual(forgotten, []);
  retention.keep(endedRun(left, 'msg-3', 'x'.repeat(3000)));
  assert.deepEqual(forgotten, ['msg-1']);
  retention.keep(endedRun(left, 'msg-4', 'x'.repeat(12_000)));
  assert.deepEqual(forgotten, ['msg-1', 'msg-2', 'msg-3']);
  assert.deepEqual(
    [...left.kept].map(({ messageId }) => messageId),
    ['msg-4'],
  );
});

test('many short replies count for what their entries cost', () => {
  const { retention, forgotten } = stepped(10_000);
  const channel = openChannel('default');
  for (let at = 0; at < 100; at += 1) retention.keep(endedRun(channel, `msg-${at}`, 'x'));
  assert.ok(forgotten.length > 50);
  assert.equal(channel.kept.size, 100 - forgotten.length);
});

test('a reply counts for the buffers that it has taken, not only for what it says', () => {
  const { retention, forgotten } = stepped(100_000);
  const channel = openChannel('default');
  for (const messageId of ['msg-1', 'msg-2']) {
    const run = endedRun(channel, messageId);
    // Just too long for a buffer of half the size.
    while (run.stream.encodedBytes < 33_000) channel.log.appendChunk(run.stream, 'x'.repeat(1000));
    retention.keep(run);
  }
  assert.deepEqual(forgotten, ['msg-1']);
});

test('forgetting leaves what the running reply and other kept ones need', () => {
  const { retention, to } = stepped();
  const channel = openChannel('default');
  const first = endedRun(channel, 'msg-1');
  const running = new Run(channel, 'msg-2', 'message', 3);
  channel.running = running;
  channel.log.begin(running.stream);
  channel.log.appendChunk(running.stream, 'a');
  retention.keep(first);
  to(WINDOW_MS + TICK_MS);
  assert.equal(channel.log.first, running.stream.firstPosition);
  channel.log.appendChunk(running.stream, 'b');
  assert.equal(channel.log.positionBehind(running.stream, 0), running.stream.firstPosition + 1);
});

test('thousands that come and go leave nothing behind', () => {
  const { retention, wheel, forgotten, to } = stepped();
  const channel = openChannel('default');
  for (let at = 0; at < 3000; at += 1) {
    to(at * 1000);
    retention.keep(endedRun(channel, `msg-${at}`));
  }
  assert.ok(channel.kept.size <= WINDOW_MS / 1000 + 1);
  to(3000 * 1000 + WINDOW_MS);
  assert.equal(forgotten.length, 3000);
  assert.equal(channel.kept.size, 0);
  assert.equal(channel.log.first, channel.log.end);
  assert.equal(wheel.pending, 0);
});
