import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toolNameOf } from './tool-name.js';

test('a name is the source’s and the tool’s, with a hash where that cannot be', () => {
  assert.equal(toolNameOf('files', 'read_file'), 'files__read_file');
  assert.equal(toolNameOf('files', 'read file'), 'files__read_file-bbd14d494a1d');
  assert.equal(toolNameOf('a', 'x'.repeat(100)).length, 64);
  // What looks hashed is hashed, or it could be the name of another.
  assert.notEqual(toolNameOf('files', 'read_file-bbd14d494a1d'), 'files__read_file-bbd14d494a1d');
});

test('every name is one that providers take, and no two tools have the same', () => {
  const source = fc.stringMatching(/^[a-z][a-z0-9]{0,3}(?:[_-][a-z0-9]{1,3}){0,3}$/);
  const tool = fc.oneof(
    fc.string({ minLength: 1, maxLength: 200 }),
    fc.stringMatching(/^[a-z_.-]{1,8}$/),
    fc.stringMatching(/^[a-z]{1,3}-[0-9a-f]{12}$/),
  );
  const pair = fc.tuple(source, tool);
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      const names = [toolNameOf(...one), toolNameOf(...other)] as const;
      for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
      const same = one[0] === other[0] && one[1] === other[1];
      assert.equal(names[0] === names[1], same);
    }),
    { numRuns: 2000 },
  );
});
