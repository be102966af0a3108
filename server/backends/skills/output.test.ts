import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutText, resultText } from './output.js';

const LIMIT = 65_536;

test('parts stand one below the other, and what is no text is named', () => {
  const content = [
    { type: 'text', text: 'one' },
    { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    { type: 'resource_link', name: 'log', uri: 'file:///log' },
    { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
    { type: 'resource', resource: { uri: 'file:///b', blob: 'AA' } },
    { type: 'hologram' },
    null,
    { type: 'text', text: 5 },
  ];
  assert.equal(
    resultText({ content }, LIMIT),
    'one\n[image/png, 3 bytes, not shown]\n[log: file:///log]\ninside\n[file:///b, not shown]\n[hologram, not shown]\n\n',
  );
  assert.equal(resultText({ content: [], structuredContent: { a: 1 } }, LIMIT), '{"a":1}');
  assert.equal(resultText({}, LIMIT), '');
});

test('a text is cut on a character and says how much is missing', () => {
  assert.equal(cutText('x'.repeat(200), 200), 'x'.repeat(200));
  const cut = cutText('漢'.repeat(100), 200);
  const [, kept = '', left = ''] = /^(漢*)\n\[(\d+) more bytes were cut off\]$/.exec(cut) ?? [];
  assert.equal(kept.length * 3 + Number(left), 300);
  assert.ok(Buffer.byteLength(cut) <= 200 && Buffer.byteLength(cut) > 190);
  assert.equal(cutText('\ud800', 100), '\ufffd');
});

test('a cut text is never longer than it may be, and well-formed', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 100, max: 500 }),
      (text, max) => {
        const cut = cutText(text, max);
        assert.ok(Buffer.byteLength(cut) <= max);
        assert.ok(cut.isWellFormed());
        if (Buffer.byteLength(text.toWellFormed()) <= max) assert.equal(cut, text.toWellFormed());
      },
    ),
  );
});
