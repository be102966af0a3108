import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { indexAll, quickDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { CHANNEL_DIGITS, indexText, phrase, termsOf } from './search-text.js';

const CHANNEL = 7;
const PREFIX = '000007';
const indexed = (text: string): string => indexText(CHANNEL, text);
const tokens = (text: string, parts: 'whole' | 'pairs' = 'whole') =>
  termsOf(text, parts, 32).map((term) => term.tokens.join(' ') + (term.open ? '*' : ''));

/** Text with what is hard about it: every script, marks, halves of characters, and what FTS5 has as syntax. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'É',
      'e\u0301',
      '東',
      'ア',
      'ー',
      'が',
      '한',
      'ก',
      'ุ',
      '\u3099',
      ' ',
      '"',
      '*',
      '\0',
      '\ud83d',
      '1',
    ),
    maxLength: 60,
  }),
);

test('each word stands behind its channel’s digits', () => {
  assert.equal(indexed('Hello, big-world 42'), `${PREFIX}Hello ${PREFIX}big ${PREFIX}world ${PREFIX}42`);
  assert.equal(indexed('Ünïco\u0301de …'), `${PREFIX}unicode`);
  assert.equal(indexed('?!'), '');
  assert.equal(indexText(36 ** CHANNEL_DIGITS - 1, 'a'), `${'z'.repeat(CHANNEL_DIGITS)}a`);
  assert.throws(() => indexText(36 ** CHANNEL_DIGITS, 'a'), RangeError);
});

test('scripts without spaces come as pairs, and the last character alone', () => {
  const words = (text: string) => indexed(text).replaceAll(PREFIX, '').split(' ');
  assert.deepEqual(words('東京都'), ['東京', '京都', '都']);
  assert.deepEqual(words('猫'), ['猫']);
  assert.deepEqual(words('Unicode対応2'), ['unicode', '対応', '応', '2']);
  assert.deepEqual(words('กินข้าว'), ['กิน', 'นข้', 'ข้า', 'าว', 'ว']);
  assert.deepEqual(words('データ'), ['デー', 'ータ', 'タ']);
  assert.deepEqual(words('ﾃﾞｰﾀ'), ['デー', 'ータ', 'タ'], 'compatible spellings become one');
  assert.deepEqual(words('ＡＢＣ'), ['abc']);
});

test('a query’s terms are its different words, those of such scripts whole or in pairs', () => {
  assert.deepEqual(tokens('the cat, the dog'), ['cat', 'the', 'dog']);
  assert.deepEqual(termsOf('dog cat dog', 'whole', 32).at(-1), { tokens: ['dog'], open: false, again: true });
  assert.deepEqual(tokens('東京都の'), ['東京 京都 都の']);
  assert.deepEqual(tokens('東京都', 'pairs'), ['東京', '京都']);
  assert.deepEqual(tokens('猫 x'), ['猫*', 'x']);
  assert.deepEqual(tokens('?! 😀'), []);
  assert.equal(termsOf('a b c', 'whole', 2).length, 2);
  assert.equal(termsOf('東京都庁舎', 'pairs', 2).length, 2);
  assert.equal(phrase(CHANNEL, { tokens: ['東京', '京都'], open: true }), `"${PREFIX}東京 ${PREFIX}京都" *`);
});

test('the longest message without a space is no trouble', () => {
  const long = 1024 * 1024;
  const most = 64 * 1024;
  assert.equal(indexed('x'.repeat(long)).length, CHANNEL_DIGITS + most);
  assert.equal(indexed('東'.repeat(long)).split(' ').length, most);
  assert.equal(termsOf('東'.repeat(long), 'pairs', 32).length, 1);
});

test('marks belong to the character before them, whatever it is', () => {
  assert.equal(indexed('a\u3099 b'), `${PREFIX}a\u3099 ${PREFIX}b`);
  assert.deepEqual(tokens('a\u3099 aุ'), ['a\u3099', 'aุ']);
});

test('the case of letters that SQLite does not know is folded, too', () => {
  for (const [upper, lower] of [
    ['ᲐᲑ', 'აბ'],
    ['\u{1e900}', '\u{1e922}'],
    ['Ꭰ', 'ꭰ'],
  ] as const) {
    assert.equal(indexed(upper), indexed(lower));
  }
});

test('any number of marks on a character takes no longer than as many letters', () => {
  const marks = `a${'\u0315\u0300\u05ae\u0301'.repeat(100_000)}`;
  const startMs = performance.now();
  assert.equal(indexed(marks), indexed(marks.slice(0, 1000)));
  assert.deepEqual(termsOf(marks, 'pairs', 32), termsOf(marks.slice(0, 1000), 'pairs', 32));
  // By the square it is more than a minute.
  assert.ok(performance.now() - startMs < 5000);
});

test('of a query as long as a message the beginning is looked at', () => {
  const long = Array.from({ length: 100_000 }, (_, at) => String.fromCodePoint(0x4e00 + (at % 20_000))).join(
    '',
  );
  assert.deepEqual(termsOf(long, 'pairs', 32), termsOf(long.slice(0, 100), 'pairs', 32));
  assert.ok((termsOf(long, 'whole', 32)[0]?.tokens.length ?? 0) < 5000);
});

test('a text that would grow beyond bounds is not folded that far', () => {
  const grows = '\ufdfa'.repeat(1000);
  assert.ok(indexed(grows).length <= grows.length + CHANNEL_DIGITS * 1000 + 1000);
});

test('whatever is written is found by its own terms, and leaves the index whole when it goes', async (t) => {
  const db = openDatabase(`${await quickDirectory(t)}/a.db`);
  t.after(() => db.close());
  db.exec(
    `INSERT INTO channels (id, principal, channel_id, name, metadata, created_at_ms) VALUES (7, 'ada', 'c', '', '{}', 0)`,
  );
  const insert = db.prepare<[string]>(
    `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content) VALUES (7, 1, 'm', 'user', 0, ?)`,
  );
  const find = db
    .prepare<[string], number>('SELECT count(*) FROM message_index WHERE message_index MATCH ?')
    .pluck();
  const check = db.prepare(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  fc.assert(
    fc.property(anyText, (text) => {
      db.exec('DELETE FROM messages');
      insert.run(text);
      indexAll(db);
      for (const parts of ['whole', 'pairs'] as const) {
        for (const term of termsOf(text, parts, 64)) {
          assert.equal(find.get(phrase(CHANNEL, term)), 1, JSON.stringify(term));
          assert.equal(find.get(phrase(CHANNEL + 1, term)), 0);
        }
      }
      db.exec('DELETE FROM messages');
      check.run();
      assert.equal(db.prepare('SELECT count(*) FROM message_index_docsize').pluck().get(), 0);
    }),
    { numRuns: 500 },
  );
});
