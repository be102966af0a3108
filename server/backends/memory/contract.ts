/**
 * What every implementation of the memory port must do. A test file calls
 * {@link memoryContract} with a way to open its implementation on a directory.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  contents,
  converse,
  diskDirectory,
  EVERYTHING,
  newMessage,
  type OpenMemory,
  replyEnd,
  replyTo,
  START_MS,
  seqOf,
  startMemory,
} from './contract-helpers.js';
import { messageContract } from './contract-messages.js';
import { notificationContract } from './contract-notifications.js';
import { operatorContract } from './contract-operator.js';
import { searchContract } from './contract-search.js';
import { summaryContract } from './contract-summaries.js';
import { transferContract } from './contract-transfer.js';

/** Declares the contract's tests for the implementation that `open` opens. */
export const memoryContract = (name: string, open: OpenMemory): void => {
  const channel = (channelId: string) => ({
    channelId,
    name: `The ${channelId}`,
    metadata: { nested: { list: [1, 'two', null] } },
    createdAtMs: START_MS,
  });

  describe(`${name}: channels`, () => {
    test('default is there from the first use, once, and cannot be deleted', async (t) => {
      const memory = await startMemory(t, open);
      const opened = await Promise.all([memory.openPrincipal('bob'), memory.openPrincipal('bob')]);
      for (const channels of opened) assert.deepEqual(channels, [{ channelId: 'default', name: 'default' }]);
      assert.equal(await memory.deleteChannel('bob', 'default'), false);
      assert.equal((await memory.listChannels('bob')).length, 1);
    });

    test('are listed oldest first with counts and the newest activity', async (t) => {
      const memory = await startMemory(t, open);
      for (const id of ['writing', 'coding']) {
        assert.equal(await memory.createChannel('ada', channel(id), 3), 'created');
      }
      assert.equal(await memory.createChannel('ada', channel('research'), 3), 'limit-reached');
      await memory.addMessage(newMessage('hi', { channelId: 'coding', createdAtMs: START_MS + 5 }));
      const [, writing, coding, ...more] = await memory.listChannels('ada');
      assert.deepEqual(writing, { ...channel('writing'), messageCount: 0, lastActivityAtMs: START_MS });
      assert.deepEqual(coding, { ...channel('coding'), messageCount: 2, lastActivityAtMs: START_MS + 5 });
      assert.deepEqual(more, []);
    });

    test('change only in what an update names', async (t) => {
      const memory = await startMemory(t, open);
      await memory.createChannel('ada', channel('coding'), 10);
      const renamed = await memory.updateChannel('ada', 'coding', { name: 'New' });
      assert.deepEqual(renamed, { ...channel('coding'), name: 'New' });
      const emptied = await memory.updateChannel('ada', 'coding', { metadata: {} });
      assert.deepEqual(emptied, { ...channel('coding'), name: 'New', metadata: {} });
      assert.equal(await memory.updateChannel('ada', 'nowhere', { name: 'New' }), null);
    });

    test('of one principal do not exist for another, nor do their messages', async (t) => {
      const memory = await startMemory(t, open);
      await memory.openPrincipal('bob');
      await memory.createChannel('ada', channel('coding'), 10);
      const secret = newMessage('swordfish', { channelId: 'coding' });
      await converse(memory, secret, 'swordfish indeed');
      for (const principal of ['ada', 'bob']) {
        await converse(memory, newMessage('harmless', { principal }), 'quite');
      }

      assert.equal(await memory.updateChannel('bob', 'coding', { name: 'mine' }), null);
      assert.equal(await memory.deleteChannel('bob', 'coding'), false);
      assert.equal(await memory.history('bob', 'coding', EVERYTHING), null);
      assert.equal(await memory.search('bob', 'coding', { query: 'swordfish', limit: 10 }), null);
      assert.equal(await memory.findReply('bob', secret.messageId), null);
      assert.deepEqual(await memory.addMessage({ ...secret, principal: 'bob' }), { outcome: 'no-channel' });
      const ask = { query: 'swordfish', beforeSeq: 100, maxTokens: 100 };
      assert.deepEqual(await memory.recall('bob', 'coding', ask), []);
      for (const [principal, channelId] of [['bob', 'default'] as const, ['ada', 'default'] as const]) {
        assert.deepEqual(await memory.search(principal, channelId, { query: 'swordfish', limit: 10 }), []);
        const recalled = await memory.recall(principal, channelId, ask);
        assert.deepEqual(
          recalled.map(({ content }) => content),
          ['quite', 'harmless'],
        );
      }
    });

    test('take everything said in them along when they are deleted', async (t) => {
      const memory = await startMemory(t, open);
      await memory.createChannel('ada', channel('coding'), 10);
      const message = newMessage('swordfish', { channelId: 'coding', idempotencyKey: 'k' });
      const seq = seqOf(await memory.addMessage(message));
      const [deleted, again] = await Promise.all([
        memory.deleteChannel('ada', 'coding'),
        memory.deleteChannel('ada', 'coding'),
        memory.appendReply(replyTo(message, seq), 'late'),
        memory.finishReply(replyTo(message, seq), replyEnd('late')),
      ]);
      assert.deepEqual([deleted, again], [true, false]);
      assert.equal(await memory.findReply('ada', message.messageId), null);
      assert.equal(await memory.history('ada', 'coding', EVERYTHING), null);

      await memory.createChannel('ada', channel('coding'), 10);
      assert.deepEqual(await contents(memory, 'coding'), []);
      assert.deepEqual(await memory.search('ada', 'coding', { query: 'swordfish', limit: 10 }), []);
      assert.deepEqual(await memory.addMessage({ ...message, messageId: 'new' }), {
        outcome: 'stored',
        seq: 1,
      });
      await memory.finishReply(replyTo(message, 1), replyEnd('of the old channel'));
      assert.equal((await memory.findReply('ada', 'new'))?.finishReason, null);
    });
  });

  describe(`${name}: reopening`, () => {
    test('finds everything as it was, and no reply still open', async (t) => {
      const dir = await diskDirectory(t);
      const first = await open(dir);
      await first.openPrincipal('ada');
      await first.createChannel('ada', channel('coding'), 10);
      await converse(first, newMessage('done', { idempotencyKey: 'key' }), 'finished swordfish');
      const cut = newMessage('cut');
      const reply = replyTo(cut, seqOf(await first.addMessage(cut)));
      const waiting = newMessage('waiting');
      const use = { invocation_id: 'inv-1', skill: 'time.now', ok: true, content: 'noon' };
      const written = [
        first.appendReply(reply, 'half a ', [{ ...use, ok: false }]),
        first.appendReply(reply, '', [use]),
        first.appendReply(reply, 'sword'),
        first.addMessage(waiting),
        first.tokenUsed('hash', 5),
        first.tokenUsed('hash', 4),
      ];
      const meanwhile = first.history('ada', 'default', EVERYTHING);
      await first.close();
      await Promise.all(written);
      const growing = (await meanwhile)?.messages[3];
      assert.deepEqual([growing?.content, growing?.skills], ['half a sword', undefined]);

      const second = await open(dir);
      t.after(() => second.close());
      const ids = (await second.openPrincipal('ada')).map(({ channelId }) => channelId);
      assert.deepEqual(ids, ['default', 'coding']);
      const read = await contents(second);
      assert.deepEqual(read, ['done', 'finished swordfish', 'cut', 'half a sword', 'waiting', '']);
      const page = await second.history('ada', 'default', EVERYTHING);
      assert.deepEqual(page?.messages[3]?.skills, [use], 'what it had used when it was cut');
      const reasons = await Promise.all(
        ['id-done', 'id-cut', 'id-waiting'].map((id) => second.findReply('ada', id)),
      );
      assert.deepEqual(
        reasons.map((found) => found?.finishReason),
        ['stop', 'interrupted', 'interrupted'],
      );
      const hits = await second.search('ada', 'default', { query: 'sword', limit: 10 });
      assert.equal(hits?.length, 2);
      const again = await second.addMessage(newMessage('done', { idempotencyKey: 'key' }));
      assert.equal(again.outcome, 'repeated');
      assert.deepEqual([...(await second.tokensLastUsed())], [['hash', 5]]);
    });

    test('close finishes what is under way, may be called twice, and refuses what follows', async (t) => {
      const memory = await open(await diskDirectory(t));
      const pending = memory.openPrincipal('ada');
      await Promise.all([memory.close(), memory.close()]);
      assert.equal((await pending).length, 1);
      await assert.rejects(memory.listChannels('ada'), { name: 'MemoryError', message: /closed/ });
    });
  });

  messageContract(name, open);
  searchContract(name, open);
  summaryContract(name, open);
  notificationContract(name, open);
  transferContract(name, open);
  operatorContract(name, open);
};
