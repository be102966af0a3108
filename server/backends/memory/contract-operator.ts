/** The part of the memory port's contract about counting, checking, backing up and giving space back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { converse, newMessage, type OpenMemory, START_MS, startMemory } from './contract-helpers.js';

const NOTIFICATION = {
  notificationId: 'n',
  principal: 'ada',
  clientId: null,
  type: 'reminder',
  msg: 'Tea',
  createdAtMs: START_MS,
  dueAtMs: START_MS,
  cron: null,
};

/** Declares the tests of the operator's calls for the implementation that `open` opens. */
export const operatorContract = (name: string, open: OpenMemory): void => {
  describe(`${name}: the operator’s calls`, () => {
    test('what is there is counted, and what was deleted is not', async (t) => {
      const memory = await startMemory(t, open);
      const empty = await memory.stats();
      assert.deepEqual([empty.messages, empty.oldestMessageAtMs, empty.newestMessageAtMs], [0, null, null]);
      await memory.openPrincipal('bob');
      const coding = { channelId: 'coding', name: '', metadata: {}, createdAtMs: 0 };
      for (const channelId of ['coding', 'gone'])
        await memory.createChannel('ada', { ...coding, channelId }, 10);
      await converse(memory, newMessage('first', { createdAtMs: START_MS + 1 }), 'r');
      await converse(memory, newMessage('last', { channelId: 'coding', createdAtMs: START_MS + 9 }), 'r');
      await memory.addMessage(newMessage('open', { principal: 'bob', createdAtMs: START_MS + 5 }));
      await converse(memory, newMessage('deleted', { channelId: 'gone', createdAtMs: START_MS + 99 }), 'r');
      await memory.deleteChannel('ada', 'gone');
      await memory.addNotification(NOTIFICATION, 10);
      const { schemaVersion, databaseBytes, logBytes, freeBytes, ...counts } = await memory.stats();
      assert.deepEqual(counts, {
        principals: 2,
        channels: 3,
        messages: 6,
        openReplies: 1,
        notifications: 1,
        oldestMessageAtMs: START_MS + 1,
        newestMessageAtMs: START_MS + 9,
      });
      assert.ok(schemaVersion > 0 && databaseBytes + logBytes > 0 && freeBytes >= 0);
    });

    test('a sound store has no problems, and says which replies stand open', async (t) => {
      const memory = await startMemory(t, open);
      assert.deepEqual(await memory.check(), { problems: [], openReplies: [] });
      await converse(memory, newMessage('done'), 'r');
      await memory.addMessage(newMessage('open'));
      assert.deepEqual(await memory.check(), {
        problems: [],
        openReplies: [{ principal: 'ada', messageId: 'id-open', createdAtMs: START_MS }],
      });
    });

    test('a backup does not take the place of another unless it is told to', async (t) => {
      const memory = await startMemory(t, open);
      await converse(memory, newMessage('one'), 'r');
      const first = await memory.backup('a.db', false);
      assert.ok(first.outcome === 'written');
      assert.deepEqual([first.channels, first.messages], [1, 2]);
      await converse(memory, newMessage('two'), 'r');
      assert.deepEqual(await memory.backup('a.db', false), { outcome: 'exists', path: first.path });
      const replaced = await memory.backup('a.db', true);
      assert.ok(replaced.outcome === 'written' && replaced.path === first.path && replaced.messages === 4);
    });

    test('free space is given back bit by bit until there is none', async (t) => {
      const memory = await startMemory(t, open);
      await memory.createChannel('ada', { channelId: 'big', name: '', metadata: {}, createdAtMs: 0 }, 10);
      for (let at = 0; at < 20; at++) {
        const content = `${'word '.repeat(10_000)} ${at}`;
        await memory.addMessage(newMessage(content, { channelId: 'big', messageId: `m${at}` }));
      }
      await converse(memory, newMessage('kept'), 'r');
      // Once all are in the index, it grows no more. A search indexes for a moment, if it must.
      const found = async (channelId: string, query: string) =>
        (await memory.search('ada', channelId, { query, limit: 20 }))?.length;
      while ((await found('big', 'word')) !== 20 || (await found('default', 'r')) !== 1);
      await memory.deleteChannel('ada', 'big');
      let { databaseBytes } = await memory.vacuum(1);
      const before = databaseBytes;
      let freedBytes = 1;
      const startMs = performance.now();
      // Erasing goes on behind the calls, so there may be nothing to give back yet.
      while (databaseBytes >= before / 2 || freedBytes > 0) {
        const step = await memory.vacuum(16);
        assert.equal(step.databaseBytes, databaseBytes - step.freedBytes);
        ({ databaseBytes, freedBytes } = step);
        assert.ok(performance.now() - startMs < 120_000, `${databaseBytes} of ${before} bytes are left`);
      }
      assert.deepEqual((await memory.check()).problems, []);
    });

    test('what reads the whole store is ended by closing it', async (t) => {
      const memory = await startMemory(t, open);
      const pending = Promise.allSettled([memory.backup('a.db', false), memory.check(), memory.stats()]);
      await memory.close();
      for (const { status } of (await pending).slice(1)) assert.equal(status, 'rejected');
      await assert.rejects(memory.stats(), { name: 'MemoryError', message: /closed/ });
    });
  });
};
