/** The part of the memory port's contract about summaries of long channels. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  contents,
  converse,
  newMessage,
  type OpenMemory,
  replyEnd,
  replyTo,
  START_MS,
  seqOf,
  startMemory,
} from './contract-helpers.js';
import type { MemoryPort, SummaryAsk } from './port.js';

const ask = (change: Partial<SummaryAsk> = {}): SummaryAsk => ({
  moreThan: 4,
  keepNewest: 2,
  maxTokens: 200,
  passOverBeforeMs: 0,
  nowMs: START_MS,
  ...change,
});

/** Declares the tests of `nextToSummarize`, `summarize` and what `recall` makes of a summary, for the implementation that `open` opens. */
export const summaryContract = (name: string, open: OpenMemory): void => {
  /** A message about a subject of its own, and its reply. */
  const subjects = ['Whales', 'Bridges', 'Violins', 'Glaciers', 'Compilers', 'Orchids', 'Lanterns', 'Tides'];
  const message = (at: number): string => `${subjects[at % subjects.length]} interest me, number ${at}.`;
  const reply = (at: number): string => `Tell me more of the ${at}th.`;
  const tell = async (memory: MemoryPort, from: number, upto: number): Promise<void> => {
    for (let at = from; at <= upto; at += 1) await converse(memory, newMessage(message(at)), reply(at));
  };
  const recall = async (memory: MemoryPort, maxTokens = 80, beforeSeq = 1000) =>
    memory.recall('ada', 'default', { query: '', beforeSeq, maxTokens });
  const summaryIn = async (memory: MemoryPort, maxTokens?: number, beforeSeq?: number) =>
    (await recall(memory, maxTokens, beforeSeq)).find(({ role }) => role === 'summary');
  const tokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

  describe(`${name}: summaries`, () => {
    test('one is made only when more than so many stand behind, of all but the newest, and the messages stay', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 5);
      const before = await contents(memory);
      assert.equal(await memory.nextToSummarize('ada', 'default', ask({ moreThan: 10 })), null);
      const notDue = await memory.summarize('ada', 'default', ask({ moreThan: 10 }), null);
      assert.deepEqual(notDue, { stored: false, more: false, uptoSeq: 0 });
      assert.equal(await summaryIn(memory), undefined);

      // Ten stand there; three are to stay, and a message stays with its reply.
      const done = await memory.summarize('ada', 'default', ask({ moreThan: 9, keepNewest: 3 }), null);
      assert.deepEqual(done, { stored: true, more: false, uptoSeq: 6 });
      const summary = await summaryIn(memory, 400, 11);
      assert.equal(summary, undefined, 'all that it covers is recalled anyway');
      assert.deepEqual(await contents(memory), before);
      assert.match((await summaryIn(memory))?.content ?? '', /^user: Whales|^user: Bridges|^user: Violins/);
    });

    test('recall tells it last, within a quarter of the room, and the room holds for all', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 30);
      await memory.summarize('ada', 'default', ask(), null);
      for (const maxTokens of [0, 10, 40, 80, 200, 400]) {
        const recalled = await recall(memory, maxTokens);
        const sum = recalled.reduce((total, { content }) => total + tokens(content), 0);
        assert.ok(sum <= maxTokens, `${sum} of ${maxTokens}`);
        const turns = recalled.filter(({ role }) => role !== 'summary');
        const seqs = turns.map(({ seq }) => seq);
        assert.deepEqual(
          seqs,
          [...new Set(seqs)].sort((a, b) => b - a),
        );
        const at = recalled.findIndex(({ role }) => role === 'summary');
        if (maxTokens < 80) continue;
        assert.equal(at, recalled.length - 1);
        assert.ok(tokens(recalled[at]?.content ?? '') <= maxTokens / 4);
        assert.equal(recalled[at]?.seq, 58);
      }
    });

    test('the next one goes on from the one before, and keeps the best of both, in order', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 6);
      await memory.summarize('ada', 'default', ask({ maxTokens: 30 }), null);
      await tell(memory, 7, 12);
      const done = await memory.summarize('ada', 'default', ask({ maxTokens: 30 }), null);
      assert.deepEqual(done, { stored: true, more: false, uptoSeq: 22 });
      const { content = '' } = (await summaryIn(memory, 120)) ?? {};
      const numbers = content
        .split('\n')
        .map((line) => Number(/number (\d+)|the (\d+)th/.exec(line)?.[0]?.match(/\d+/)?.[0]));
      assert.ok(numbers.some((at) => at <= 5) && numbers.some((at) => at >= 7), content);
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
      for (const line of content.split('\n')) assert.match(line, /^(user|assistant): /);
    });

    test('a provider gets what is to be summarized, and its text is kept for exactly that', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 4);
      const first = await memory.nextToSummarize('ada', 'default', ask());
      assert.ok(first !== null);
      assert.equal(first.previous, null);
      assert.deepEqual(first.messages, [
        { role: 'user', content: message(1) },
        { role: 'assistant', content: reply(1) },
        { role: 'user', content: message(2) },
        { role: 'assistant', content: reply(2) },
        { role: 'user', content: message(3) },
        { role: 'assistant', content: reply(3) },
      ]);
      const written = { mark: first.mark, text: 'They speak of many things.\nAnd of whales.' };
      const done = await memory.summarize('ada', 'default', ask(), written);
      assert.deepEqual(done, { stored: true, more: false, uptoSeq: 6 });
      assert.equal((await summaryIn(memory, 60))?.content, written.text);

      // The same text again is of a state that is no more, whatever has come since.
      await tell(memory, 5, 8);
      const late = await memory.summarize('ada', 'default', ask(), { ...written, text: 'Late.' });
      assert.deepEqual(late, { stored: false, more: false, uptoSeq: 6 });
      assert.equal((await summaryIn(memory, 60))?.content, written.text);
      const second = await memory.nextToSummarize('ada', 'default', ask());
      assert.equal(second?.previous, written.text);
      assert.equal(second.messages[0]?.content, message(4));
    });

    test('a provider may say too much, or nothing: it is cut at a sentence, or sentences are chosen instead', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 12);
      const tell2 = async (text: string) => {
        const step = await memory.nextToSummarize('ada', 'default', ask({ maxTokens: 10 }));
        assert.ok(step !== null && step.maxTokens === 10);
        await memory.summarize('ada', 'default', ask({ maxTokens: 10 }), { mark: step.mark, text });
        return (await summaryIn(memory))?.content;
      };
      assert.equal(
        await tell2(`A first\u0000 sentence.  A second one. ${'And so on. '.repeat(100_000)}`),
        'A first sentence. A second one.',
      );
      await tell(memory, 13, 15);
      assert.match((await tell2(' \n\u0007')) ?? '', /^(user|assistant|summary): /);
    });

    test('neither a message without its reply nor what is behind it is summarized', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 2);
      const slow = newMessage('Slow');
      const seq = seqOf(await memory.addMessage(slow));
      await tell(memory, 3, 6);
      assert.equal((await memory.summarize('ada', 'default', ask(), null)).uptoSeq, 4);
      assert.deepEqual(await memory.summarize('ada', 'default', ask(), null), {
        stored: false,
        more: false,
        uptoSeq: 4,
      });
      await memory.finishReply(replyTo(slow, seq), replyEnd('Done'));
      assert.equal((await memory.summarize('ada', 'default', ask(), null)).uptoSeq, 12);
    });

    test('what is to go soon is passed over, and a summary of nothing tells nothing', async (t) => {
      const memory = await startMemory(t, open);
      for (const [at, content] of ['swordfish', 'whale', 'herring'].entries()) {
        await converse(memory, newMessage(content, { createdAtMs: START_MS + at }), `${content} again`);
      }
      await tell(memory, 1, 3);
      const passOverBeforeMs = START_MS + 1;
      const step = await memory.nextToSummarize('ada', 'default', ask({ passOverBeforeMs }));
      assert.deepEqual(step?.messages.map(({ content }) => content).slice(0, 2), ['whale', 'whale again']);
      const all = await memory.summarize('ada', 'default', ask({ passOverBeforeMs: START_MS + 10 }), null);
      assert.deepEqual(all, { stored: true, more: false, uptoSeq: 10 });
      assert.equal(await summaryIn(memory, 40), undefined);
    });

    test('a long way is gone in steps, and is not for one text of a provider', async (t) => {
      const memory = await startMemory(t, open);
      const long = (at: number): string => `${message(at)} ${`Word${at} stands here. `.repeat(1000)}`;
      for (let at = 0; at < 20; at += 1)
        await converse(memory, newMessage(long(at), { messageId: `${at}` }), long(at));
      assert.equal(await memory.nextToSummarize('ada', 'default', ask()), null);
      let steps = 0;
      for (let more = true, uptoSeq = 0; more; steps += 1) {
        const done = await memory.summarize('ada', 'default', ask({ moreThan: 2 }), null);
        assert.ok(done.stored && done.uptoSeq > uptoSeq);
        ({ more, uptoSeq } = done);
        if (!more) assert.equal(uptoSeq, 38);
      }
      assert.ok(steps > 5, `${steps} steps`);
      assert.ok(tokens((await summaryIn(memory, 100_000, 41))?.content ?? '') <= 200);
    });

    test('nobody else has one, and one goes with its channel, as does a text that was on its way', async (t) => {
      const memory = await startMemory(t, open);
      await memory.openPrincipal('bob');
      const channel = { channelId: 'coding', name: '', metadata: {}, createdAtMs: START_MS };
      const say = async (): Promise<void> => {
        for (let at = 1; at <= 4; at += 1)
          await converse(
            memory,
            newMessage(message(at), { channelId: 'coding', messageId: `${Math.random()}` }),
            reply(at),
          );
      };
      await memory.createChannel('ada', channel, 10);
      await say();
      const step = await memory.nextToSummarize('ada', 'coding', ask());
      assert.ok(step !== null);
      const written = { mark: step.mark, text: 'The old channel.' };
      for (const [principal, id] of [
        ['bob', 'coding'],
        ['bob', 'default'],
        ['ada', 'default'],
        ['ada', 'none'],
      ] as const) {
        assert.equal(await memory.nextToSummarize(principal, id, ask()), null);
        assert.equal((await memory.summarize(principal, id, ask(), written)).stored, false);
        assert.equal((await memory.summarize(principal, id, ask(), null)).stored, false);
      }
      await memory.summarize('ada', 'coding', ask(), null);
      await memory.deleteChannel('ada', 'coding');
      await memory.createChannel('ada', channel, 10);
      await say();
      assert.equal((await memory.summarize('ada', 'coding', ask(), written)).stored, false);
      const recalled = await memory.recall('ada', 'coding', { query: '', beforeSeq: 100, maxTokens: 40 });
      assert.ok(recalled.every(({ role }) => role !== 'summary'));
    });

    test('one that reaches beyond the message that is answered tells nothing', async (t) => {
      const memory = await startMemory(t, open);
      await tell(memory, 1, 6);
      await memory.summarize('ada', 'default', ask(), null);
      assert.equal(await summaryIn(memory, 40, 10), undefined);
      assert.equal((await summaryIn(memory, 40, 11))?.seq, 10);
    });
  });
};
