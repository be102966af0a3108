import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Paced, Pacer } from './pacer.js';

class Words implements Paced {
  readonly #words: string[];

  constructor(...words: string[]) {
    this.#words = words;
  }

  next(): string | null {
    return this.#words.shift() ?? null;
  }
}

const take = (pacer: Pacer<Words>, nowMs: number, limit = 100): (string | null)[] => {
  const taken: (string | null)[] = [];
  pacer.take(nowMs, limit, (_item, word) => taken.push(word));
  return taken;
};

test('the first word is due at once, each next one a delay later, the end too', () => {
  const pacer = new Pacer<Words>(15);
  pacer.add(new Words('a', 'b'), 100);
  assert.equal(pacer.nextDueMs, 100);
  assert.deepEqual(take(pacer, 100), ['a']);
  assert.deepEqual(take(pacer, 114), []);
  assert.equal(pacer.nextDueMs, 115);
  assert.deepEqual(take(pacer, 115), ['b']);
  assert.deepEqual(take(pacer, 130), [null]);
  assert.equal(pacer.nextDueMs, null);
  assert.deepEqual(take(pacer, 1000), []);
});

test('a timer that is a little late does not slow the pace down', () => {
  const pacer = new Pacer<Words>(10);
  pacer.add(new Words('a', 'b', 'c'), 0);
  assert.deepEqual(take(pacer, 3), ['a']);
  assert.equal(pacer.nextDueMs, 10);
  assert.deepEqual(take(pacer, 17), ['b']);
  assert.equal(pacer.nextDueMs, 20);
});

test('a timer that is very late gets no burst to catch up', () => {
  const pacer = new Pacer<Words>(10);
  pacer.add(new Words('a', 'b', 'c', 'd', 'e', 'f'), 0);
  assert.deepEqual(take(pacer, 0), ['a']);
  const late = take(pacer, 10_000);
  assert.ok(late.length <= 3, `${late.length} words at once`);
  assert.ok((pacer.nextDueMs as number) > 9_990);
});

test('without a delay words are taken up to the limit, answers in turn', () => {
  const pacer = new Pacer<Words>(0);
  pacer.add(new Words('a', 'b', 'c'), 0);
  pacer.add(new Words('1', '2', '3'), 0);
  assert.deepEqual(take(pacer, 0, 4), ['a', '1', 'b', '2']);
  assert.deepEqual(take(pacer, 0, 100), ['c', '3', null, null]);
});

test('what is removed is not heard of again', () => {
  const pacer = new Pacer<Words>(0);
  const [stays, goes] = [new Words('a', 'b'), new Words('1', '2')];
  pacer.add(stays, 0);
  pacer.add(goes, 0);
  assert.deepEqual(take(pacer, 0, 2), ['a', '1']);
  pacer.remove(goes);
  pacer.remove(goes);
  assert.deepEqual(take(pacer, 0), ['b', null]);
});

test('a newcomer does not wait behind later words', () => {
  const pacer = new Pacer<Words>(1000);
  pacer.add(new Words('a', 'b'), 0);
  assert.deepEqual(take(pacer, 0), ['a']);
  pacer.add(new Words('1'), 5);
  assert.equal(pacer.nextDueMs, 5);
  assert.deepEqual(take(pacer, 5), ['1']);
});

test('a changed pace holds at once, for what is waited for too', () => {
  const pacer = new Pacer<Words>(1000);
  pacer.add(new Words('a', 'b', 'c'), 0);
  assert.deepEqual(take(pacer, 0), ['a']);
  pacer.changeDelay(10, 100);
  assert.equal(pacer.nextDueMs, 110);
  pacer.add(new Words('1'), 105);
  assert.deepEqual(take(pacer, 105), ['1']);
  assert.deepEqual(take(pacer, 110), ['b']);
  pacer.changeDelay(1000, 111);
  // Neither the word nor the end that were due already wait longer for it.
  assert.deepEqual(take(pacer, 120), [null, 'c']);
  assert.equal(pacer.nextDueMs, 1120);
});
