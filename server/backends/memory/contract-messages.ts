/** The part of the memory port's contract about messages, their replies and idempotency keys. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  contents,
  EVERYTHING,
  newMessage,
  type OpenMemory,
  replyEnd,
  replyTo,
  START_MS,
  seqOf,
  startMemory,
} from './contract-helpers.js';
import type { NewMessage } from './port.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Declares the tests of messages and replies for the implementation that `open` opens. */
export const messageContract = (name: string, open: OpenMemory): void => {
  describe(`${name}: messages and replies`, () => {
    test('read message, reply, message, reply, in the order of the calls', async (t) => {
      const memory = await startMemory(t, open);
      const numbers = Array.from({ length: 50 }, (_, i) => i);
      const outcomes = await Promise.all(numbers.map((i) => memory.addMessage(newMessage(`m${i}`))));
      assert.deepEqual(
        outcomes.map(seqOf),
        numbers.map((i) => 2 * i + 1),
      );
      const page = await memory.history('ada', 'default', EVERYTHING);
      assert.deepEqual(
        page?.messages.map(({ messageId, seq, role, content }) => [messageId, seq, role, content]),
        numbers.flatMap((i) => [
          [`id-m${i}`, 2 * i + 1, 'user', `m${i}`],
          [`id-m${i}`, 2 * i + 2, 'assistant', ''],
        ]),
      );
    });

    test('a call sees what the calls before it wrote', async (t) => {
      const memory = await startMemory(t, open);
      const [, before, , after] = await Promise.all([
        memory.addMessage(newMessage('one')),
        contents(memory),
        memory.addMessage(newMessage('two')),
        contents(memory),
      ]);
      assert.deepEqual(before, ['one', '']);
      assert.deepEqual(after, ['one', '', 'two', '']);
    });

    test('a reply grows, ends once, and stays as it ended', async (t) => {
      const memory = await startMemory(t, open);
      const message = newMessage('question');
      const reply = replyTo(message, seqOf(await memory.addMessage(message)));
      await memory.appendReply(reply, 'Hel');
      await memory.appendReply(reply, 'lo');
      const said = { channelId: 'default', seq: 2, text: 'Hello', finishReason: null };
      const nothing = { totalTokens: 0, durationMs: 0, usage: null, error: null };
      assert.deepEqual(await memory.findReply('ada', message.messageId), { ...said, ...nothing });
      const [, openRow] = (await memory.history('ada', 'default', EVERYTHING))?.messages ?? [];
      assert.ok(openRow !== undefined && !('finishReason' in openRow));

      const ended = {
        finishReason: 'error',
        totalTokens: 156,
        durationMs: 1230,
        usage: { input: 100, output: 56, estimated: true },
        error: { code: 5020, message: 'Reasoning failed', data: { provider: 'p', retryable: true } },
      } as const;
      const skills = [
        { invocation_id: 'inv-1', skill: 'time.now', arguments: { zone: 'UTC' }, ok: true, content: 'noon' },
      ];
      await memory.finishReply(reply, { text: '!', ...ended, skills });
      await memory.appendReply(reply, 'more');
      await memory.finishReply(reply, replyEnd('again'));
      assert.deepEqual(await memory.findReply('ada', message.messageId), {
        ...said,
        text: 'Hello!',
        ...ended,
      });
      const [, endedRow] = (await memory.history('ada', 'default', EVERYTHING))?.messages ?? [];
      assert.equal(endedRow?.finishReason, 'error');
      assert.deepEqual(endedRow?.skills, skills);
      assert.equal(await memory.findReply('ada', 'nothing'), null);
    });

    for (const [what, text] of [
      ['embedded NULs', '\0before\0\0after\0'],
      ['quotes', `'"' OR 1=1; -- "\``],
      ['characters beyond the BMP', '👩‍👩‍👧‍👦 𝒳 🏳️‍🌈 \u{10ffff}'],
      ['one MiB', 'ab€😀'.repeat(1024 * 104)],
    ] as const) {
      test(`${what} come back exactly`, async (t) => {
        const memory = await startMemory(t, open);
        const message = newMessage(text, { messageId: 'm' });
        const reply = replyTo(message, seqOf(await memory.addMessage(message)));
        await memory.appendReply(reply, text);
        await memory.appendReply(reply, text);
        await memory.finishReply(reply, replyEnd(text));
        const read = await contents(memory);
        assert.ok(read?.[0] === text && read[1] === text + text + text);
      });
    }

    test('paging meets every seq once while writes go on', async (t) => {
      const memory = await startMemory(t, open);
      for (let i = 0; i < 25; i++) await memory.addMessage(newMessage(`m${i}`));
      const seqs: number[] = [];
      let before: number | null = null;
      for (let more = true; more; ) {
        const [page] = await Promise.all([
          memory.history('ada', 'default', { ...EVERYTHING, before, limit: 7 }),
          memory.addMessage(newMessage(`meanwhile ${before}`)),
        ]);
        assert.ok(page !== null && page.messages.length <= 7);
        seqs.unshift(...page.messages.map(({ seq }) => seq));
        before = seqs[0] ?? 0;
        more = page.hasMore;
      }
      assert.deepEqual(
        seqs,
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    });

    test('a page ends at its bytes as JSON encodes them, and never empty for that', async (t) => {
      const memory = await startMemory(t, open);
      // 100 control characters are 600 bytes of JSON, and the quotes 2.
      const content = '\u0001'.repeat(100);
      for (let i = 0; i < 3; i++) await memory.addMessage(newMessage(content));
      const sizes = [];
      for (const maxBytes of [1, 1000, 2500]) {
        const page = await memory.history('ada', 'default', { before: 6, limit: 10, maxBytes });
        sizes.push([page?.messages.length, page?.hasMore]);
      }
      assert.deepEqual(sizes, [
        [1, true],
        [1, true],
        [4, true],
      ]);
      const first = await memory.history('ada', 'default', { before: 2, limit: 1, maxBytes: 1 });
      assert.deepEqual([first?.messages.length, first?.hasMore], [1, false]);
      const none = await memory.history('ada', 'default', { before: 1, limit: 1, maxBytes: 1 });
      assert.deepEqual(none, { messages: [], hasMore: false });
    });

    test('what replies have used counts among the bytes of a page, in UTF-8', async (t) => {
      const memory = await startMemory(t, open);
      const skills = [{ invocation_id: 'inv-1', skill: 'time.now', ok: true, content: '漢'.repeat(1000) }];
      for (const messageId of ['one', 'two']) {
        const message = newMessage('', { messageId });
        const seq = seqOf(await memory.addMessage(message));
        await memory.finishReply(replyTo(message, seq), replyEnd('', { skills }));
      }
      const page = await memory.history('ada', 'default', { before: 5, limit: 10, maxBytes: 5000 });
      assert.deepEqual([page?.messages.length, page?.hasMore], [2, true]);
    });
  });

  describe(`${name}: idempotency`, () => {
    const keyed = (content: string, change: Partial<NewMessage> = {}) =>
      newMessage(content, { idempotencyKey: 'key', ...change });
    const repeated = { outcome: 'repeated', messageId: 'first', channelId: 'default', seq: 1 };

    test('the same key gives the first answer, or a conflict, also at the same time', async (t) => {
      const memory = await startMemory(t, open);
      await memory.openPrincipal('bob');
      const outcomes = await Promise.all([
        memory.addMessage(keyed('hello', { messageId: 'first' })),
        memory.addMessage(keyed('hello', { messageId: 'second' })),
        memory.addMessage(keyed('other')),
        memory.addMessage(keyed('hello', { principal: 'bob' })),
      ]);
      const stored = { outcome: 'stored', seq: 1 };
      assert.deepEqual(outcomes, [stored, repeated, { outcome: 'conflict' }, stored]);
      assert.deepEqual(await memory.addMessage(keyed('hello')), repeated);
      assert.deepEqual(await contents(memory), ['hello', '']);
    });

    test('where there is no room, a key that came before is answered and nothing else is stored', async (t) => {
      const memory = await startMemory(t, open);
      await memory.addMessage(keyed('hello', { messageId: 'first' }));
      const noRoom = { onlyRepeated: true };
      assert.deepEqual(await memory.addMessage(keyed('hello', noRoom)), repeated);
      assert.deepEqual(await memory.addMessage(keyed('other', noRoom)), { outcome: 'conflict' });
      const fresh = await memory.addMessage(newMessage('new', { idempotencyKey: 'new key', ...noRoom }));
      assert.deepEqual(fresh, { outcome: 'no-room' });
      assert.deepEqual(await contents(memory), ['hello', '']);
    });

    test('a key is forgotten after 24 hours', async (t) => {
      const memory = await startMemory(t, open);
      await memory.addMessage(keyed('hello', { messageId: 'first' }));
      const lastMs = START_MS + DAY_MS - 1;
      assert.deepEqual(await memory.addMessage(keyed('hello', { createdAtMs: lastMs })), repeated);
      const later = await memory.addMessage(keyed('other', { createdAtMs: lastMs + 1 }));
      assert.deepEqual(later, { outcome: 'stored', seq: 3 });
      const conflict = await memory.addMessage(keyed('hello', { createdAtMs: lastMs + 2 }));
      assert.deepEqual(conflict, { outcome: 'conflict' });
    });
  });
};
