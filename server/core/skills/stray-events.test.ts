import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../channels/channel.js';
import { Principal } from '../channels/principal.js';
import { Pump } from '../streams/pump.js';
import { TimerWheel } from '../time/timer-wheel.js';
import { StrayEvents } from './stray-events.js';

const KEEP_MS = 1000;

const start = () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const wheel = new TimerWheel(100, 0);
  const strays = new StrayEvents({ clock, wheel, pump: new Pump(() => {}), keepMs: KEEP_MS });
  const principal = new Principal('ada', [], () => {});
  return {
    strays,
    wheel,
    channel: (id: string) => new Channel(principal, id, id),
    to: (ms: number) => {
      nowMs = ms;
      wheel.advance(ms);
    },
  };
};

test('an event is kept for a while, and then its log forgets it', () => {
  const { strays, wheel, channel, to } = start();
  const [one, other] = [channel('one'), channel('other')];
  strays.tell(one, '{}');
  to(500);
  strays.tell(one, '{}');
  strays.tell(other, '{}');
  to(1100);
  assert.deepEqual([one.log.first, one.log.end, other.log.first], [1, 2, 0]);
  to(1700);
  assert.deepEqual([one.log.first, other.log.first, wheel.pending], [2, 1, 0]);
});

test('more than 16 MiB of them are not kept, however fast they come', () => {
  const { strays, channel } = start();
  const one = channel('one');
  const frame = 'x'.repeat(1024 * 1024);
  for (let at = 0; at < 20; at += 1) strays.tell(one, frame);
  assert.ok(one.log.end - one.log.first <= 8);
});
