/** The part of the memory port's contract that is about notifications. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diskDirectory, type OpenMemory, START_MS, startMemory } from './contract-helpers.js';
import type { MemoryPort, StoredNotification } from './port.js';

const MOST = 1000;

/** A notification of ada's that is due at once, except where `change` says otherwise. */
const notification = (
  notificationId: string,
  change: Partial<StoredNotification> = {},
): StoredNotification => ({
  notificationId,
  principal: 'ada',
  clientId: null,
  type: 'reminder',
  msg: 'Meeting at 3 PM',
  createdAtMs: START_MS,
  dueAtMs: START_MS,
  cron: null,
  ...change,
});

const list = (memory: MemoryPort, principal = 'ada') =>
  memory.listNotifications(principal, { after: null, limit: MOST });

/** Declares the tests of notifications for the implementation that `open` opens. */
export const notificationContract = (name: string, open: OpenMemory): void => {
  describe(`${name}: notifications`, () => {
    test('are kept as they are, by principal, and found again when it is opened anew', async (t) => {
      const dir = await diskDirectory(t);
      const first = await open(dir);
      const plain = notification('n-2');
      const full = notification('n-1', {
        clientId: 'phone',
        type: 'null\0byte',
        msg: '"quoted" 🙂',
        dueAtMs: Number.MAX_SAFE_INTEGER,
        cron: '0 9 * * 1-5',
      });
      const foreign = notification('n-3', { principal: 'bob' });
      for (const each of [plain, full, foreign]) {
        assert.equal(await first.addNotification(each, MOST), 'added');
      }
      await first.close();
      const second = await open(dir);
      t.after(() => second.close());
      assert.deepEqual(await list(second), [full, plain]);
      assert.deepEqual(await list(second, 'bob'), [foreign]);
      assert.deepEqual(await list(second, 'eve'), []);
    });

    test('come in pages', async (t) => {
      const memory = await startMemory(t, open);
      for (const id of ['c', 'a', 'd', 'b']) await memory.addNotification(notification(id), MOST);
      const ids = async (after: string | null, limit: number) =>
        (await memory.listNotifications('ada', { after, limit })).map(({ notificationId }) => notificationId);
      assert.deepEqual(await ids(null, 3), ['a', 'b', 'c']);
      assert.deepEqual(await ids('c', 3), ['d']);
      assert.deepEqual(await ids('bb', 1), ['c'], 'the id to go on from may be gone');
    });

    test('have a limit for each principal, which what was settled no longer counts for', async (t) => {
      const memory = await startMemory(t, open);
      assert.equal(await memory.addNotification(notification('a'), 2), 'added');
      assert.equal(await memory.addNotification(notification('b'), 2), 'added');
      assert.equal(await memory.addNotification(notification('c'), 2), 'limit-reached');
      assert.equal(await memory.addNotification(notification('d', { principal: 'bob' }), 2), 'added');
      await memory.settleNotifications([{ notificationId: 'a', dueAtMs: START_MS, nextDueAtMs: null }]);
      assert.equal(await memory.addNotification(notification('c'), 2), 'added');
    });

    test('are removed or moved on once, at the occurrence that was settled', async (t) => {
      const memory = await startMemory(t, open);
      await memory.addNotification(notification('once'), MOST);
      await memory.addNotification(notification('again', { cron: '* * * * *' }), MOST);
      const done = (notificationId: string, dueAtMs: number, nextDueAtMs: number | null) => ({
        notificationId,
        dueAtMs,
        nextDueAtMs,
      });
      await memory.settleNotifications([
        done('once', START_MS + 1, null),
        done('again', START_MS + 1, START_MS + 2),
        done('unknown', START_MS, null),
      ]);
      assert.deepEqual(
        (await list(memory)).map(({ dueAtMs }) => dueAtMs),
        [START_MS, START_MS],
      );
      const settled = [done('once', START_MS, null), done('again', START_MS, START_MS + 60_000)];
      await memory.settleNotifications(settled);
      await memory.settleNotifications(settled);
      assert.deepEqual(await list(memory), [
        notification('again', { cron: '* * * * *', dueAtMs: START_MS + 60_000 }),
      ]);
    });

    test('can be cancelled once, and whose one it was is told', async (t) => {
      const memory = await startMemory(t, open);
      await memory.addNotification(notification('a', { principal: 'bob' }), MOST);
      const both = await Promise.all([memory.cancelNotification('a'), memory.cancelNotification('a')]);
      assert.deepEqual(both, ['bob', null]);
      assert.deepEqual(await list(memory, 'bob'), []);
    });
  });
};
