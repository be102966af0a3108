import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Channel,
  changed,
  matching,
  nameOf,
  neighbour,
  seenAfter,
  sorted,
  unreadOf,
} from './channels.js';

const channel = (channel_id: string, more: Partial<Channel> = {}): Channel => ({
  channel_id,
  name: channel_id,
  metadata: {},
  created_at: '2026-03-20T10:00:00Z',
  message_count: 0,
  last_activity_at: '2026-03-20T10:00:00Z',
  subscribed: false,
  ...more,
});

test('the default channel comes first, then what was busy last', () => {
  const list = [
    channel('a', { last_activity_at: '2026-03-20T11:00:00Z' }),
    channel('default'),
    channel('b', { last_activity_at: '2026-03-20T12:00:00Z' }),
  ];
  assert.deepEqual(
    sorted(list).map(({ channel_id }) => channel_id),
    ['default', 'b', 'a'],
  );
});

test('a channel without a name goes by its id', () => {
  assert.equal(nameOf(channel('ch-1', { name: '' })), 'ch-1');
});

test('unread is what came since somebody looked', () => {
  const [quiet, busy] = [channel('quiet', { message_count: 2 }), channel('busy', { message_count: 4 })];
  const first = seenAfter({}, [quiet, busy], 'quiet', true);
  assert.deepEqual([unreadOf(quiet, first), unreadOf(busy, first)], [0, 0], 'what was there is nothing new');
  const more = { ...busy, message_count: 7 };
  const then = seenAfter(first, [quiet, more], 'quiet', false);
  assert.equal(unreadOf(more, then), 3);
  const looked = seenAfter(then, [quiet, more], 'busy', false);
  assert.equal(unreadOf(more, looked), 0);
});

test('a channel that was made meanwhile is unread, one that is gone is forgotten, and what has expired is not owed', () => {
  const fresh = channel('fresh', { message_count: 2 });
  const seen = seenAfter({ gone: 3, old: 10 }, [fresh, channel('old', { message_count: 4 })], null, false);
  assert.deepEqual(seen, { fresh: 0, old: 4 });
  assert.equal(unreadOf(fresh, seen), 2);
  assert.equal(unreadOf(channel('old', { message_count: 5 }), seen), 1);
});

test('changes by another connection', () => {
  const list = [channel('default'), channel('a', { message_count: 3 })];
  const about = { channel_id: 'a', name: 'new name', metadata: {}, created_at: '2026-03-20T10:00:00Z' };
  const renamed = changed(list, { channel_id: 'a', change: 'updated', channel: about });
  assert.deepEqual([renamed[1]?.name, renamed[1]?.message_count], ['new name', 3]);
  const grown = changed(list, { channel_id: 'b', change: 'created', channel: { ...about, channel_id: 'b' } });
  assert.equal(grown.length, 3);
  const shrunk = changed(list, { channel_id: 'a', change: 'deleted' });
  assert.deepEqual(
    shrunk.map(({ channel_id }) => channel_id),
    ['default'],
  );
});

test('the neighbour, around the ends', () => {
  const list = ['a', 'b', 'c'].map((id) => channel(id));
  assert.equal(neighbour(list, 'c', 1), 'a');
  assert.equal(neighbour(list, 'a', -1), 'c');
  assert.equal(neighbour([], 'a', 1), 'a');
});

test('some letters find a channel, the closest first', () => {
  const list = ['research', 'code review', 'coding'].map((id) => channel(id));
  const found = (typed: string): string[] => matching(list, typed).map(({ name }) => name);
  assert.deepEqual(found('cod'), ['code review', 'coding']);
  assert.deepEqual(found('CDG'), ['coding']);
  assert.deepEqual(found('view'), ['code review']);
  assert.deepEqual(found('xyz'), []);
  assert.equal(found(' ').length, 3);
});
