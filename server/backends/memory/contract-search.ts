/** The part of the memory port's contract about finding things again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { converse, newMessage, type OpenMemory, replyTo, startMemory } from './contract-helpers.js';
import type { MemoryPort } from './port.js';

/** Declares the tests of `search` and `recall` for the implementation that `open` opens. */
export const searchContract = (name: string, open: OpenMemory): void => {
  /** Stores messages, each with its finished reply: seqs 1, 3, 5, … and 2, 4, 6, … */
  const tell = async (memory: MemoryPort, turns: readonly (readonly [string, string])[]): Promise<void> => {
    for (const [message, answer] of turns) await converse(memory, newMessage(message), answer);
  };
  const found = async (memory: MemoryPort, query: string, limit = 20) =>
    (await memory.search('ada', 'default', { query, limit }))?.map(({ content }) => content);

  describe(`${name}: search`, () => {
    test('finds all the words, whatever their case and accents, the last one by its beginning', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [
        ['The café on Elm Street', 'It opens at nine'],
        ['Cafés elsewhere', 'None'],
      ]);
      assert.deepEqual(await found(memory, 'CAFE elm'), ['The café on Elm Street']);
      assert.deepEqual(await found(memory, 'street ca'), ['The café on Elm Street']);
      assert.deepEqual(await found(memory, 'caf elm'), []);
      assert.deepEqual(await found(memory, 'elm caf elm'), []);
      assert.deepEqual(await found(memory, 'elm street el'), ['The café on Elm Street']);
      assert.deepEqual(await found(memory, 'opens'), ['It opens at nine']);
      assert.deepEqual(await found(memory, 'opens street'), []);
    });

    test('finds words of scripts that do not part them with spaces', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [
        ['東京都の天気はどうですか', '晴れです。데이터베이스가 있습니다'],
        ['京都は雨です', 'データ'],
      ]);
      assert.deepEqual(await found(memory, '東京'), ['東京都の天気はどうですか']);
      assert.deepEqual(await found(memory, '天気 東京都'), ['東京都の天気はどうですか']);
      assert.deepEqual(await found(memory, '雨'), ['京都は雨です']);
      assert.deepEqual(await found(memory, '데이터'), ['晴れです。데이터베이스가 있습니다']);
      assert.deepEqual(await found(memory, 'ﾃﾞｰﾀ'), ['データ']);
      assert.deepEqual((await found(memory, '京都'))?.length, 2);
      assert.deepEqual(await found(memory, '都東'), []);
      await tell(memory, [['ผมชอบกินข้าว', 'ຂ້ອຍມັກກິນເຂົ້າ']]);
      assert.deepEqual(await found(memory, 'ข้าว'), ['ผมชอบกินข้าว']);
      assert.deepEqual(await found(memory, 'ກິນ'), ['ຂ້ອຍມັກກິນເຂົ້າ']);
    });

    test('finds words whatever stands unseen inside them', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [['می\u200cخواهم a co\u00adoper\u00adation', 'ＯＫ\ufeff']]);
      assert.equal((await found(memory, 'میخواهم'))?.length, 1);
      assert.equal((await found(memory, 'می\u200cخواهم cooperation'))?.length, 1);
      assert.equal((await found(memory, 'coop\u200deration'))?.length, 1);
      assert.equal((await found(memory, 'ok'))?.length, 1);
    });

    test('finds what only one of very many messages has among words that all have', async (t) => {
      const memory = await startMemory(t, open);
      const turns: [string, string][] = Array.from({ length: 1500 }, (_, i) => [
        `the same words again ${i}`,
        'the same answer',
      ]);
      turns[3] = ['the same words about a whale', 'the same answer'];
      await Promise.all(turns.map((turn) => tell(memory, [turn])));
      assert.deepEqual(await found(memory, 'the whale'), ['the same words about a whale']);
      assert.deepEqual(await found(memory, 'the same words about a wha'), ['the same words about a whale']);
      assert.deepEqual(await found(memory, 'the answer 7'), []);
      const newest = await memory.search('ada', 'default', { query: 'the same', limit: 20 });
      assert.equal(newest?.length, 20);
      const recalled = await memory.recall('ada', 'default', {
        query: 'What were the same words about the whale?',
        beforeSeq: 3001,
        maxTokens: 100,
      });
      assert.equal(recalled.at(-1)?.content, 'the same words about a whale');
    });

    test('gives the best first, and no more than asked for', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [
        ['a long text in which the word whale stands once among very many other words', 'yes'],
        ['whale, whale', 'no'],
      ]);
      const hits = await memory.search('ada', 'default', { query: 'whale', limit: 5 });
      assert.equal(hits?.[0]?.content, 'whale, whale');
      assert.ok(hits.length === 2 && (hits[0]?.score ?? 0) > (hits[1]?.score ?? 0));
      assert.deepEqual(await found(memory, 'whale', 1), ['whale, whale']);
      const { score, ...hit } = hits[0] ?? { score: 0 };
      const { messageId, createdAtMs } = newMessage('whale, whale');
      const expected = {
        messageId,
        channelId: 'default',
        role: 'user',
        content: 'whale, whale',
        createdAtMs,
      };
      assert.deepEqual(hit, expected);
    });

    test('takes every query as words', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [['needle AND thread', 'content near column']]);
      for (const query of [
        '"needle',
        "needle'",
        'needle*',
        '*needle',
        '(needle',
        'need\0',
        '\0needle',
        '-needle',
      ]) {
        assert.deepEqual(await found(memory, query), ['needle AND thread'], JSON.stringify(query));
      }
      for (const query of [
        'content:needle',
        'needle OR nothing',
        'NEAR(needle thread)',
        'NOT needle',
        '^thread nee"',
      ]) {
        assert.ok(Array.isArray(await found(memory, query)), query);
      }
      assert.deepEqual(await found(memory, 'content:needle'), []);
      assert.deepEqual(await found(memory, 'needle OR nothing'), []);
      assert.deepEqual(await found(memory, 'needle AND'), ['needle AND thread']);
      assert.deepEqual(await found(memory, 'needle '.repeat(1000)), ['needle AND thread']);
      assert.deepEqual(await found(memory, Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ')), []);
    });

    test('finds nothing where there is no word, and does not take ids for words', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [['hello 😀', '...']]);
      for (const query of ['', ' ', '"', '***', '\0', '😀', '"" ""', '1', 'default']) {
        assert.deepEqual(await found(memory, query), [], JSON.stringify(query));
      }
    });
  });

  describe(`${name}: recall`, () => {
    const recalled = async (memory: MemoryPort, query: string, beforeSeq: number, maxTokens: number) =>
      (await memory.recall('ada', 'default', { query, beforeSeq, maxTokens })).map(({ seq }) => seq);

    test('gives the last turns and the best older matches, newest first, none twice', async (t) => {
      const memory = await startMemory(t, open);
      // 40 bytes each: 10 tokens.
      const filler = (i: number) => `filler ${String(i).padStart(3, '0')} ${'x'.repeat(29)}`;
      const turns = Array.from({ length: 20 }, (_, i) => [filler(2 * i), filler(2 * i + 1)] as const);
      await tell(memory, [['the whale is called Bartholomew ........', 'ok'], ...turns]);
      assert.deepEqual(await recalled(memory, 'What was the whale called?', 43, 60), [42, 41, 40, 39, 38, 1]);
      assert.deepEqual(await recalled(memory, 'filler', 43, 60), [42, 41, 40, 39, 38, 37]);
      assert.deepEqual(await recalled(memory, '???', 43, 60), [42, 41, 40, 39, 38, 37]);
      assert.deepEqual(await recalled(memory, 'whale', 3, 100), [2, 1]);
      const [newest] = await memory.recall('ada', 'default', { query: 'x', beforeSeq: 43, maxTokens: 10 });
      assert.deepEqual(newest, { seq: 42, role: 'assistant', content: filler(39) });
    });

    test('counts a token for every 4 bytes of UTF-8, rounded up, and keeps the budget', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [['€€€', '12345']]);
      assert.deepEqual(await recalled(memory, '', 3, 5), [2, 1]);
      assert.deepEqual(await recalled(memory, '', 3, 4), [2]);
      assert.deepEqual(await recalled(memory, '', 3, 1), []);
      assert.deepEqual(await recalled(memory, '', 3, 0), []);
    });

    test('passes over a turn that is too long for the whole budget', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [
        ['short', 'also short'],
        ['write a lot', 'a lot '.repeat(50)],
      ]);
      assert.deepEqual(await recalled(memory, '', 5, 40), [3, 2, 1]);
      assert.deepEqual(await recalled(memory, '', 5, 79), [4, 3]);
    });

    test('takes less time for turns that are too long than reading them', async (t) => {
      const memory = await startMemory(t, open);
      for (let at = 0; at < 8; at += 1) await memory.addMessage(newMessage('é'.repeat(500_000)));
      const quickestMs = async (call: () => Promise<unknown>): Promise<number> => {
        const tookMs: number[] = [];
        for (let at = 0; at < 5; at += 1) {
          const startMs = performance.now();
          await call();
          tookMs.push(performance.now() - startMs);
        }
        return Math.min(...tookMs);
      };
      const page = { before: null, limit: 8, maxBytes: 2 ** 24 };
      const readingMs = await quickestMs(() => memory.history('ada', 'default', page));
      const recallMs = await quickestMs(() => recalled(memory, '', 9, 1000));
      assert.ok(recallMs < readingMs / 2, `${recallMs} and ${readingMs} ms`);
    });

    test('leaves out what is not before beforeSeq, open replies and empty ones', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, [
        ['whale one', ''],
        ['whale two', 'whale three'],
      ]);
      await memory.addMessage(newMessage('whale four'));
      await memory.appendReply(replyTo(newMessage('whale four'), 5), 'whale five');
      await memory.addMessage(newMessage('whale six'));
      assert.deepEqual(await recalled(memory, 'whale', 7, 1000), [5, 4, 3, 1]);
      assert.deepEqual(await recalled(memory, 'whale', 4, 1000), [3, 1]);
      assert.deepEqual(await recalled(memory, 'whale', 1, 1000), []);
    });
  });
};
