import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable, printable, printableLine, styleFor } from './terminal.js';

test('text from elsewhere commands no terminal and does not turn its writing round', () => {
  const hostile = 'a\u001b[2Jb\u0007\u009b\u202egnp.exe\u2066';
  assert.equal(printable(hostile), 'a[2Jbgnp.exe');
  assert.equal(printable('two\n\tlines'), 'two\n\tlines');
  assert.equal(printableLine('one\n\u202eline'), 'one line');
  assert.equal(
    printable('\u{1f469}\u200d\u{1f4bb} שלום'),
    '\u{1f469}\u200d\u{1f4bb} שלום',
    'what people write stays',
  );
});

test('a table keeps each cell on one line', () => {
  const output = { write: () => true, isTTY: false };
  const style = styleFor({ stdout: output, stderr: output, env: {} });
  assert.equal(formatTable(['A', 'B'], [['x\ny', 'z']], style), 'A    B\nx y  z\n');
});
