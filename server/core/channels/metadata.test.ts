import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from './metadata.js';

const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });

test('metadata may be 16 deep and 16 KiB large, and not more', () => {
  assert.equal(checkText({ metadata: nested(16) }), null);
  assert.equal(checkText({ metadata: nested(17) })?.code, -32602);
  const frame = JSON.stringify({ a: '' }).length;
  assert.equal(checkText({ metadata: { a: 'x'.repeat(16 * 1024 - frame) } }), null);
  assert.equal(checkText({ metadata: { a: 'x'.repeat(16 * 1024 - frame + 1) } })?.code, -32602);
  assert.equal(
    checkText({ metadata: { a: 'é'.repeat(8 * 1024) } })?.code,
    -32602,
    'bytes count, not characters',
  );
});

test('a depth that would exhaust the stack is refused like any other', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as object;
  assert.equal(checkText({ metadata: deep })?.code, -32602);
});

test('half a character is refused, a whole one is not, nor the text of an escape', () => {
  assert.equal(checkText({ texts: { message: '\u{1f980}' } }), null);
  assert.equal(checkText({ texts: { message: 'x\ud83e' } })?.code, -32602);
  assert.equal(checkText({ metadata: { a: '\u{1f980}' } }), null);
  assert.equal(checkText({ metadata: { a: '\udd80' } })?.code, -32602);
  assert.equal(checkText({ metadata: { '\udd80': 1 } })?.code, -32602);
  assert.equal(checkText({ metadata: { a: '\\ud83e' } }), null, 'a backslash and letters are text');
});
