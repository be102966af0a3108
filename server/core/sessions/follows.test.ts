import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Principal } from '../channels/principal.js';
import { Cursor } from '../streams/cursor.js';
import { Follows } from './follows.js';

const CHANNELS = ['default', 'ch-1', 'ch-2', 'ch-3'];
const principal = new Principal(
  'local',
  CHANNELS.map((channelId) => ({ channelId, name: channelId })),
  () => {},
);
const channels = [...principal.channels.values()];

test('it holds what a Map would hold, in the same order', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'delete', 'clear'),
    at: fc.nat(CHANNELS.length - 1),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const follows = new Follows();
      const map = new Map<unknown, Cursor>();
      for (const { what, at } of steps) {
        const channel = channels[at] as (typeof channels)[number];
        if (what === 'add' && !map.has(channel)) {
          const cursor = new Cursor(channel.log, { scopeBits: 1 }, 0, null);
          map.set(channel, cursor);
          follows.add(channel, cursor);
        } else if (what === 'delete') {
          map.delete(channel);
          follows.delete(channel);
        } else if (what === 'clear' && at === 0) {
          map.clear();
          follows.clear();
        }
        assert.deepEqual([...follows.channels()], [...map.keys()]);
        assert.deepEqual([...follows.cursors()], [...map.values()]);
        for (const each of channels) {
          assert.equal(follows.get(each), map.get(each));
          assert.equal(follows.has(each), map.has(each));
        }
      }
    }),
  );
});

test('a channel may be dropped while the channels are gone through', () => {
  const follows = new Follows();
  for (const channel of channels) follows.add(channel, new Cursor(channel.log, { scopeBits: 1 }, 0, null));
  const seen: string[] = [];
  for (const channel of follows.channels()) {
    seen.push(channel.id);
    follows.delete(channel);
  }
  assert.deepEqual(seen, CHANNELS);
  assert.deepEqual([...follows.channels()], []);
});
