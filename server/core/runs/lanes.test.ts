import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLanes } from './lanes.js';

test('so many of a kind go on at a time, and the results are in the order of the items', async () => {
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const work = (item: string, at: number): Promise<string> => {
    begun.push(item);
    return new Promise((resolve) => ends.push(() => resolve(`${item} ${at}`)));
  };
  const kindOf = (item: string): string => item.slice(0, 1);
  const done = inLanes(['a1', 'a2', 'b1', 'a3'], kindOf, 2, work, new AbortController().signal);
  assert.deepEqual(begun, ['a1', 'a2', 'b1']);
  ends[2]?.();
  ends[1]?.();
  await new Promise(setImmediate);
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3'], 'the lane that is free goes on');
  for (const end of ends) end();
  assert.deepEqual(await done, ['a1 0', 'a2 1', 'b1 2', 'a3 3']);
});

test('behind an abort nothing begins', async () => {
  const abort = new AbortController();
  const begun: number[] = [];
  await inLanes(
    [1, 2, 3],
    () => 'one',
    1,
    async (item) => {
      begun.push(item);
      abort.abort();
    },
    abort.signal,
  );
  assert.deepEqual(begun, [1]);
});
