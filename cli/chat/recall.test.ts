import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isContinued, LineQueue } from './line-queue.js';
import { Paste } from './paste.js';
import { Recall, Search } from './recall.js';

test('going back and forth ends with what was typed', () => {
  const recall = new Recall(() => ['a', 'b', 'c']);
  assert.equal(recall.newer('x'), null);
  assert.deepEqual([recall.older('draft', 0), recall.older('c', 1), recall.older('b', 1)], ['c', 'b', 'a']);
  assert.equal(recall.older('a', 1), null);
  assert.deepEqual([recall.newer('a'), recall.newer('b'), recall.newer('c')], ['b', 'c', 'draft']);
  assert.equal(recall.newer('draft'), null);
  assert.equal(new Recall(() => []).older('draft', 0), null);
});

test('what stands in front of the cursor is what entries must begin with', () => {
  const recall = new Recall(() => ['git log', 'ls', 'git diff', 'git diff']);
  assert.deepEqual([recall.older('git', 3), recall.older('git diff', 8)], ['git diff', 'git log']);
  assert.equal(recall.older('git log', 7), null);
  recall.reset();
  assert.equal(recall.older('git log', 0), 'git diff');
});

test('a search finds the newest first, and keeps the last that it found', () => {
  const search = new Search(['alpha one', 'beta', 'alpha two']);
  assert.equal(search.found, '');
  search.look('alp');
  assert.equal(search.found, 'alpha two');
  search.older();
  assert.equal(search.found, 'alpha one');
  search.older();
  assert.equal(search.found, 'alpha one');
  search.look('alpx');
  assert.equal(search.found, '');
  search.older();
  search.look('');
  assert.deepEqual([search.found, search.words], ['', '']);
});

test('an odd number of backslashes goes on on the next line', () => {
  for (const text of ['\\', 'a\\', 'a\\\\\\']) assert.equal(isContinued(text), true, text);
  for (const text of ['', 'a', 'a\\\\', '\\a', '\\ ']) assert.equal(isContinued(text), false, text);
});

test('lines wait in order; the end comes behind them', async () => {
  const queue = new LineQueue();
  const first = queue.next();
  queue.push({ text: 'a', isShown: true });
  assert.equal((await first)?.text, 'a');
  for (const text of ['b', 'c']) queue.push({ text, isShown: false });
  queue.end();
  assert.equal(queue.take()?.text, 'b');
  assert.equal((await queue.next())?.text, 'c');
  assert.equal(await queue.next(), null);
  assert.deepEqual([queue.take(), queue.takeAll()], [undefined, []]);
});

test('a paste has line feeds, no commands and an end', () => {
  const paste = new Paste();
  for (const piece of ['one\r\ntwo', '\r', 'three\u001b\u009b', '\n\n']) paste.add(piece);
  assert.deepEqual([paste.text, paste.isCut], ['one\ntwo\nthree', false]);
  for (let at = 0; at < 3; at++) paste.add('x'.repeat(Paste.MAX_CHARS / 2));
  paste.add('y');
  assert.equal(paste.isCut, true);
});
