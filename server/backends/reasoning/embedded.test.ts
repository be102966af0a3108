import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeAnswer, estimateUsage, Words } from './embedded.js';
import type { RecalledTurn } from './port.js';

const said = (content: string): RecalledTurn => ({ role: 'user', content });

test('the answer says what it is and repeats the message in full', () => {
  assert.equal(
    composeAnswer({ message: 'How is the weather today?', recalled: [] }),
    'This is the embedded engine: no model is configured, so I can only repeat what you said. You said: How is the weather today?',
  );
  const message = 'x'.repeat(1024 * 1024);
  assert.ok(composeAnswer({ message, recalled: [] }).endsWith(message));
});

test('it quotes at most three older messages, of the user alone, newest first as recalled', () => {
  const recalled: RecalledTurn[] = [
    said('one'),
    { role: 'assistant', content: 'mine' },
    said('two'),
    said('three'),
    said('four'),
  ];
  const answer = composeAnswer({ message: 'now', recalled });
  assert.ok(
    answer.endsWith('You said: now\n\nEarlier in this channel you said:\n- "one"\n- "two"\n- "three"'),
  );
});

test('a summary is not quoted, and counts for what it is worth', () => {
  const recalled: RecalledTurn[] = [said('one'), { role: 'summary', content: 'user: zero' }];
  assert.ok(composeAnswer({ message: 'now', recalled }).endsWith('you said:\n- "one"'));
  assert.equal(estimateUsage({ message: 'now', recalled }, '').input, 1 + 1 + 3);
});

test('a quote is at most 200 characters, however wide, and never ends in half of one', () => {
  for (const character of ['x', 'é', '漢', '😀']) {
    const quoteOf = (content: string): string =>
      /- "(.*)"$/s.exec(composeAnswer({ message: 'now', recalled: [said(content)] }))?.[1] ?? '';
    assert.equal(quoteOf(character.repeat(200)), character.repeat(200));
    assert.equal(quoteOf(character.repeat(201)), `${character.repeat(199)}…`);
    assert.equal(quoteOf(character.repeat(100_000)), `${character.repeat(199)}…`);
  }
});

const words = (text: string): string[] => {
  const given: string[] = [];
  const source = new Words(text);
  for (let word = source.next(); word !== null; word = source.next()) given.push(word);
  return given;
};

test('the words of any text are the text, each whole characters and of bounded length', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(' ', '\n', '😀'.repeat(3000), 'x'.repeat(5000)),
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (whole) => {
      const parts = words(whole);
      assert.equal(parts.join(''), whole);
      for (const part of parts) {
        assert.ok(part.length > 0 && part.length <= 2048);
        assert.ok(part.isWellFormed());
      }
    }),
  );
});

test('a sentence is given a word at a time', () => {
  assert.deepEqual(words('Hello, how are\nyou '), ['Hello,', ' how', ' are', '\nyou ']);
  assert.deepEqual(words('   '), ['   ']);
  assert.deepEqual(words(''), []);
});

test('usage is estimated at four bytes a token, what was recalled included', () => {
  const request = { message: '12345', recalled: [said('1234'), said('éé')], tools: [], steps: [] };
  assert.deepEqual(estimateUsage(request, '123456789'), { input: 2 + 1 + 1, output: 3, estimated: true });
});
