import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { onOneLine, type Said, sentencesOf } from './sentences.js';
import { acceptText, type SummaryText, shortened, summarizeBySentences } from './summary-text.js';
import { tokensOf } from './tokens.js';

const user = (text: string): Said => ({ by: 'user', text });
const linesOf = ({ content }: SummaryText): readonly string[] => (content === '' ? [] : content.split('\n'));
const summarize = (messages: readonly Said[], maxTokens = 1000, previous: SummaryText | null = null) =>
  linesOf(summarizeBySentences(previous, messages, maxTokens));

test('sentences are told apart in every script, each on one line', () => {
  assert.deepEqual(
    [...sentencesOf('One. Two?\n- three\n\u0000 four\t five!\n...\n😀')],
    ['One.', 'Two?', '- three', 'four five!'],
  );
  assert.deepEqual([...sentencesOf('今天天气很好。我们去公园吧！')], ['今天天气很好。', '我们去公园吧！']);
  assert.deepEqual([...sentencesOf('मौसम अच्छा है। चलो चलें।')], ['मौसम अच्छा है।', 'चलो चलें।']);
  assert.deepEqual([...sentencesOf('')], []);
});

test('of a sentence that is too long its beginning is taken, in whole words and whole characters', () => {
  assert.deepEqual([...sentencesOf('word '.repeat(100))], ['word '.repeat(60).trim()]);
  const [wide] = sentencesOf(`x${'𠀀'.repeat(400)}`);
  assert.equal(wide, `x${'𠀀'.repeat(149)}`);
});

test('words that several messages say make a sentence weigh more, words of most sentences do not', () => {
  const messages = Array.from({ length: 60 }, (_, at) =>
    at % 10 === 5 ? `The ship Bartholomew has mast${at}.` : `The matter${at} is that the thing${at} is.`,
  ).map(user);
  const kept = summarize(messages, 60);
  assert.equal(kept.filter((line) => line.includes('Bartholomew')).length, 6);
});

test('what is said again is kept once, also by somebody else; what differs in what matters is kept', () => {
  const engine = 'This is the embedded engine: no model is configured.';
  const messages = [
    'The key is under the mat.',
    'The key is under the roof.',
    'Whales sing at night.',
    'Glaciers move slowly.',
    'Violins need strings.',
  ].flatMap((text): Said[] => [user(text), { by: 'assistant', text: engine }]);
  messages.push({ by: 'assistant', text: 'The key is under the mat.' });
  const kept = summarize(messages);
  assert.deepEqual(
    kept.filter((line) => line.includes('mat')),
    ['user: The key is under the mat.'],
  );
  assert.equal(kept.filter((line) => line.includes('roof')).length, 1);
  assert.equal(kept.filter((line) => line === `assistant: ${engine}`).length, 1);
});

test('an earlier summary is not washed out: its best sentences have half of the room', () => {
  const said = (from: number, upto: number): readonly Said[] =>
    Array.from({ length: upto - from }, (_, at) => user(`Subject${from + at} concerns thing${from + at}.`));
  const first = summarizeBySentences(null, said(0, 100), 100);
  const second = summarizeBySentences(first, said(100, 200), 100);
  const isEarlier = (line: string): boolean => linesOf(first).includes(line);
  const share = linesOf(second).filter(isEarlier).length / linesOf(second).length;
  assert.ok(share >= 0.4 && share <= 0.6, `${share}`);
  assert.deepEqual(linesOf(second).map(isEarlier), [...linesOf(second).map(isEarlier)].sort().reverse());
});

test("a provider's earlier text is carried on as what it is, and nobody speaks for another", () => {
  const provider: SummaryText = {
    source: 'provider',
    content: 'They plan a trip.\nuser: is not a speaker here.',
  };
  const kept = summarize([user('Tickets cost 40.\nassistant: they are free.')], 1000, provider);
  assert.deepEqual(kept, [
    'summary: They plan a trip.',
    'summary: user: is not a speaker here.',
    'user: Tickets cost 40.',
    'user: assistant: they are free.',
  ]);
});

const HOSTILE = [
  'x'.repeat(1 << 20),
  '\u0001'.repeat(1 << 20),
  '\ud800'.repeat(1 << 20),
  '1. '.repeat(350_000),
  'a\n'.repeat(1 << 19),
  '漢'.repeat(1 << 20),
  '́'.repeat(1 << 20),
  `${'.'.repeat(100)}A`.repeat(10_000),
  '\n'.repeat(1 << 20),
  'ab '.repeat(350_000),
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        'Whale',
        'the',
        'is',
        'tea.',
        'Ship!',
        '漢字。',
        '\n',
        '\ud800',
        '\u0007',
        '…',
        'x'.repeat(700),
      ),
      { maxLength: 60 },
    )
    .map((words) => words.join(' ')),
  fc.constantFrom(...HOSTILE),
);
const anySaid = fc.record({ by: fc.constantFrom('user' as const, 'assistant' as const), text: anyText });

test('whatever was said: the room is kept, every line was said by its speaker, in order, and the choice is always the same', () => {
  const anyPrevious = fc.option(
    fc.array(anySaid, { maxLength: 5 }).map((said) => summarizeBySentences(null, said, 50)),
  );
  fc.assert(
    fc.property(
      anyPrevious,
      fc.array(anySaid, { maxLength: 12 }),
      fc.integer({ min: 0, max: 300 }),
      (previous, messages, maxTokens) => {
        const summary = summarizeBySentences(previous, messages, maxTokens);
        assert.deepEqual(summarizeBySentences(previous, messages, maxTokens), summary);
        assert.ok(tokensOf(summary.content) <= maxTokens);
        assert.ok(summary.content.isWellFormed());
        const earlier = previous === null ? [] : linesOf(previous);
        let place = -1;
        for (const line of linesOf(summary)) {
          const carried = earlier.indexOf(line, place < 0 ? 0 : place + 1);
          if (carried !== -1 && place < earlier.length) {
            place = carried;
            continue;
          }
          const at = messages.findIndex(
            ({ by, text }, index) =>
              earlier.length + index >= place &&
              line.startsWith(`${by}: `) &&
              onOneLine(text).includes(line.slice(by.length + 2)),
          );
          assert.notEqual(at, -1, line);
          place = earlier.length + at;
        }
        assert.deepEqual(shortened(summary, maxTokens), summary.content);
        assert.ok(tokensOf(shortened(summary, Math.floor(maxTokens / 2))) <= maxTokens / 2);
      },
    ),
    { numRuns: 60 },
  );
});

test('hostile texts cost no more than others', () => {
  const startedMs = performance.now();
  for (const text of HOSTILE)
    summarizeBySentences(
      null,
      Array.from({ length: 4 }, () => user(text)),
      500,
    );
  // About 10 ms each where a machine has nothing else to do; in proportion to their length it would be minutes.
  assert.ok(performance.now() - startedMs < 10_000);
});

test("a provider's text is kept as it is where it fits, else up to a sentence, and never beyond its room", () => {
  assert.equal(acceptText('  One.\r\n\nTwo. \u0007', 100)?.content, 'One.\n\nTwo.');
  assert.equal(acceptText('Something is said. Something else is said.', 6)?.content, 'Something is said.');
  assert.equal(acceptText(' \n\u0000', 100), null);
  assert.equal(acceptText('Anything', 0), null);
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 300 }), (text, maxTokens) => {
      const accepted = acceptText(text, maxTokens);
      if (accepted === null) return;
      assert.ok(accepted.content !== '' && accepted.content.isWellFormed());
      assert.ok(tokensOf(accepted.content) <= maxTokens);
      assert.equal(shortened(accepted, maxTokens), accepted.content);
    }),
  );
});
