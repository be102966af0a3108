import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AllowList } from './allow.js';

const allows = (entries: readonly string[], name: string, principal = 'ada'): boolean =>
  new AllowList(entries).allows(name, principal);

test('a name is allowed to everybody, or to those that an entry names', () => {
  assert.ok(!allows([], 'read_file'));
  assert.ok(allows(['*'], 'read_file'));
  assert.ok(allows(['write', 'read_*'], 'read_file'));
  assert.ok(!allows(['read_*'], 'write_file'));
  assert.ok(!allows(['read'], 'read_file'));
  assert.ok(allows(['read_*@ada'], 'read_file'));
  assert.ok(!allows(['read_*@ada'], 'read_file', 'bob'));
  assert.ok(allows(['*@ops-*'], 'read_file', 'ops-1'));
  assert.ok(!allows(['*@ada'], 'read_file', 'ada2'));
});

test('a pattern means what the same pattern means as a regular expression', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(
      letters,
      fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 }),
      (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`).test(
          name,
        );
        assert.equal(allows([pattern], name), expected, `${pattern} ${name}`);
      },
    ),
    { numRuns: 2000 },
  );
});

test('many stars do not take for ever', () => {
  assert.ok(!allows([`${'*a'.repeat(60)}b`], 'a'.repeat(128)));
});
