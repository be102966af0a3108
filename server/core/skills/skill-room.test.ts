import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkillRoom, shareOf } from './skill-room.js';

test('one principal takes all places but a quarter, and what it gives back is free again', () => {
  assert.deepEqual([1, 2, 3, 4, 8, 256].map(shareOf), [1, 1, 2, 3, 6, 192]);
  const room = new SkillRoom(100);
  const taken = (principal: string): boolean => room.take('fetch', principal, 4);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => taken('ada')),
    [true, true, true, false],
  );
  assert.deepEqual([taken('bob'), taken('eve')], [true, false], 'the last place is somebody else’s');
  room.leave('fetch', 'ada');
  assert.deepEqual([taken('eve'), taken('ada')], [true, false]);
  assert.equal(room.take('search', 'ada', 4), true, 'of another skill there is room');
});

test('of all skills together a principal has a share, too', () => {
  const room = new SkillRoom(8);
  const taken = Array.from({ length: 8 }, (_, at) => room.take(`skill-${at}`, 'ada', 4));
  assert.deepEqual(taken, [true, true, true, true, true, true, false, false]);
  assert.equal(room.take('skill-7', 'bob', 4), true);
  for (let at = 0; at < 6; at += 1) room.leave(`skill-${at}`, 'ada');
  assert.equal(room.take('skill-7', 'ada', 4), true);
});
