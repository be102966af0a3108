import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'marked';
import { type Block, BlockSplitter } from './blocks.js';

/** All blocks of a text that comes in these pieces. */
const blocksOf = (pieces: readonly string[]): Block[] => {
  const splitter = new BlockSplitter();
  const blocks: Block[] = [];
  for (const piece of pieces) {
    splitter.push(piece);
    blocks.push(...splitter.takeFinished());
  }
  splitter.end();
  blocks.push(...splitter.takeFinished());
  return blocks;
};

const cut = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, at) =>
    text.slice(at * length, (at + 1) * length),
  );

const inHtml = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[letter] ?? letter,
  );

const htmlOf = (blocks: readonly Block[]): string =>
  blocks
    .map(({ kind, text, info }) =>
      kind === 'markdown'
        ? parse(text, { async: false })
        : `<pre><code${info === '' ? '' : ` class="language-${info}"`}>${inHtml(text)}\n</code></pre>\n`,
    )
    .join('');

const DOCUMENT = `# Title

A paragraph of *two*
lines, and a heading
below
=====

- one
- two

  of two paragraphs
    - nested

1. first
2. second

> quoted
lazily

| a | b |
| - | - |
| 1 | 2 |
| 3 | 4 |

\`\`\`ts
const a = "<b>";

const b = \`x\`;
\`\`\`

~~~
\`\`\` not the end
~~~
    indented

    code

***

The end`;

test('whatever the pieces, the blocks say what the whole text says', () => {
  const whole = parse(DOCUMENT, { async: false });
  for (const length of [1, 2, 3, 7, 40, DOCUMENT.length]) {
    assert.equal(htmlOf(blocksOf(cut(DOCUMENT, length))), whole, `in pieces of ${length}`);
  }
});

test('a finished block stays as it is, and only the last one is open', () => {
  const splitter = new BlockSplitter();
  splitter.push('First.\n\nSecond');
  assert.deepEqual(
    splitter.takeFinished().map(({ text }) => text),
    ['First.'],
  );
  assert.equal(splitter.open?.text, 'Second');
  splitter.push(' one\n');
  assert.deepEqual(splitter.takeFinished(), [], 'it may still become a heading');
  splitter.push('---\n- a\n\n');
  assert.deepEqual(
    splitter.takeFinished().map(({ text }) => text),
    ['Second one\n---\n'],
  );
  assert.equal(splitter.open?.text, '- a\n\n', 'a list may go on behind an empty line');
});

test('code grows at its end alone, and never shows its fence', () => {
  const text = 'Look:\n\n```js\nlet a;\n``\nlet b;\n```\nafter';
  const splitter = new BlockSplitter();
  let before = '';
  for (const letter of text) {
    splitter.push(letter);
    const { open } = splitter;
    if (open?.kind !== 'code') continue;
    assert.ok(open.text.startsWith(before), JSON.stringify([before, open.text]));
    assert.equal(open.info, 'js');
    before = open.text;
  }
  splitter.end();
  const code = splitter.takeFinished().find(({ kind }) => kind === 'code');
  assert.equal(code?.text, 'let a;\n``\nlet b;');
  assert.ok(code.text.startsWith(before), 'nothing of it is taken back at its end');
});

test('a fence that nobody closes ends with the text, and a closing one without a line feed is one', () => {
  assert.deepEqual(
    blocksOf(['```\na\nb']).map(({ text }) => text),
    ['a\nb'],
  );
  assert.deepEqual(
    blocksOf(['```\na\n```']).map(({ text }) => text),
    ['a'],
  );
  assert.deepEqual(
    blocksOf(['   ```\n    a\n  b\n   ```\n']).map(({ text }) => text),
    [' a\nb'],
  );
});

test('the open block never becomes long', () => {
  const texts = {
    'one paragraph': 'word '.repeat(20_000),
    'a paragraph of sentences': 'This is *said*. And `that` too! '.repeat(3000),
    'a list': Array.from({ length: 5000 }, (_, at) => `${at + 1}. item ${at}\n`).join(''),
    'a table': `| a | b |\n|---|---|\n${'| one | two |\n'.repeat(5000)}`,
    'a quotation': '> said\n'.repeat(10_000),
    'no space at all': 'x'.repeat(100_000),
    'HTML that is not closed': '<div>\n'.repeat(10_000),
    'an emphasis that is not closed': `**${'bold '.repeat(20_000)}`,
  };
  for (const [what, text] of Object.entries(texts)) {
    const splitter = new BlockSplitter();
    let longest = 0;
    let said = '';
    for (const piece of cut(text, 777)) {
      splitter.push(piece);
      longest = Math.max(longest, splitter.open?.text.length ?? 0);
      for (const block of splitter.takeFinished()) said += block.text;
    }
    splitter.end();
    for (const block of splitter.takeFinished()) said += block.text;
    assert.ok(longest <= 20_000, `${what}: ${longest}`);
    if (what !== 'a table') assert.equal(said.replace(/\s+/g, ''), text.replace(/\s+/g, ''), what);
  }
});

test('a long table goes on with its head, and loses no row', () => {
  const rows = Array.from({ length: 2000 }, (_, at) => `| ${at} | of it |\n`).join('');
  const blocks = blocksOf(cut(`| a | b |\n|---|---|\n${rows}\nafter`, 500));
  assert.ok(blocks.length > 5);
  for (const { text } of blocks.slice(0, -1)) assert.match(text, /^\| a \| b \|\n\|---\|---\|\n\| \d/);
  const seen = blocks.flatMap(({ text }) => [...text.matchAll(/^\| (\d+) \|/gm)].map(([, at]) => Number(at)));
  assert.deepEqual(seen, [...Array(2000).keys()]);
  assert.equal(blocks.at(-1)?.text.trim(), 'after');
});

test('numbers of a long list go on', () => {
  const text = Array.from({ length: 1000 }, (_, at) => `${at + 1}. item\n`).join('');
  const starts = blocksOf([text]).map((block) => Number.parseInt(block.text, 10));
  assert.equal(starts[0], 1);
  assert.ok(starts.length > 1);
  assert.deepEqual(
    [...starts].sort((a, b) => a - b),
    starts,
  );
});

test('no text and no cutting makes it fail, or lose a letter', () => {
  const fragment = fc.constantFrom(
    '# ',
    '- ',
    '1. ',
    '> ',
    '```',
    '~~~',
    '`',
    '**',
    '_',
    '| a | b |\n',
    '|---|---|\n',
    '\n',
    '\n\n',
    '    ',
    'word ',
    '<div>',
    '</div>',
    '<!--',
    '[a](b)',
    '[a]: http://b\n',
    '===\n',
    '---\n',
    '\t',
    '\r\n',
    '\\',
    '&',
    '🐟',
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (parts, length) => {
      const text = parts.join('');
      const blocks = blocksOf(cut(text, length));
      const letters = (of: string): string => of.replace(/[\s`~]+/g, '');
      // Of a fence the info stands apart.
      const said = blocks.map(({ info, text: own }) => info + own).join('');
      assert.equal(letters(said), letters(text));
    }),
    { numRuns: 500 },
  );
});
