import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkArguments, readArguments } from './arguments.js';

const deep = (levels: number): string => `${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}`;

test('what a model writes is an object, or refused in a sentence', () => {
  assert.deepEqual(readArguments(' {"a":[1]} '), { ok: true, arguments: { a: [1] } });
  assert.deepEqual(readArguments(' '), { ok: true, arguments: {} });
  for (const json of [
    '{',
    '[]',
    '5',
    'null',
    '"x"',
    deep(32),
    `{"a":"${'x'.repeat(65_536)}"}`,
    '['.repeat(60_000),
  ]) {
    const read = readArguments(json);
    assert.ok(!read.ok && /^The arguments are .*\.$/.test(read.problem), json.slice(0, 20));
  }
  assert.ok(readArguments(deep(31)).ok);
});

test('arguments that were parsed are held to the same', () => {
  assert.ok(checkArguments(JSON.parse(deep(31))).ok);
  assert.ok(!checkArguments(JSON.parse(deep(32))).ok);
  assert.ok(!checkArguments({ a: 'x'.repeat(65_536) }).ok);
});
