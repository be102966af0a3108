import assert from 'node:assert/strict';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { contents, newMessage, quickDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { StoreHealth } from './health.js';
import { openSqliteMemory, type StoreHealthReport } from './sqlite.js';

/** A memory with ada in it, and what it says of its health. */
const start = async (t: TestContext) => {
  const path = join(await quickDirectory(t), 'openclaw.db');
  const reports: StoreHealthReport[] = [];
  let wake = (): void => {};
  const memory = await openSqliteMemory({
    path,
    onHealth: (report) => {
      reports.push(report);
      wake();
    },
  });
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  return {
    path,
    memory,
    reports,
    /** Resolves once it has said so much. */
    said: async (count: number): Promise<void> => {
      while (reports.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};

test('a lock that stays is told once, and its end without anybody calling', async (t) => {
  const { path, memory, reports, said } = await start(t);
  const other = new Sqlite(path);
  t.after(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  for (const content of ['one', 'two']) {
    await assert.rejects(memory.addMessage(newMessage(content)), {
      name: 'MemoryError',
      message: 'memory addMessage failed: another program holds its lock, end that one (SQLITE_BUSY)',
    });
  }
  const sentence = `The database ${path} fails: another program holds its lock, end that one (SQLITE_BUSY).`;
  assert.deepEqual(reports, [{ ok: false, sentence }]);
  other.exec('COMMIT');
  await said(2);
  assert.deepEqual(reports.at(-1), { ok: true });
  await memory.addMessage(newMessage('three'));
  assert.deepEqual(await contents(memory), ['three', '']);
});

test('whoever calls behind a lock that stays is not held up as long as the first, and reads are answered', async (t) => {
  const { path, memory } = await start(t);
  await memory.addMessage(newMessage('before'));
  const other = new Sqlite(path);
  t.after(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  const timed = async (call: () => Promise<unknown>): Promise<number> => {
    const startMs = performance.now();
    await call();
    return performance.now() - startMs;
  };
  const refused = (content: string): Promise<void> =>
    assert.rejects(memory.addMessage(newMessage(content)), /SQLITE_BUSY/);
  const firstMs = await timed(async () => {
    const [, history] = await Promise.all([refused('first'), contents(memory)]);
    assert.deepEqual(history, ['before', '']);
  });
  const laterMs = await timed(async () => {
    for (let at = 0; at < 4; at += 1) await refused(`later ${at}`);
    assert.equal((await memory.openPrincipal('ada')).length, 1);
  });
  assert.ok(firstMs > 1000, 'a lock of a moment is waited for');
  // Each of the five would take as long as the first.
  assert.ok(laterMs < 3 * firstMs, `${laterMs} ms behind ${firstMs} ms`);
});

test('a lock of a moment is no failure', async (t) => {
  const { path, memory, reports } = await start(t);
  const other = new Sqlite(path);
  t.after(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  const added = memory.addMessage(newMessage('patient'));
  // The call is posted at the end of this turn; the lock goes behind it.
  setImmediate(() => setImmediate(() => other.exec('COMMIT')));
  await added;
  assert.deepEqual(reports, []);
});

test('nothing is written into a file that is no longer where it was', async (t) => {
  const { path, memory, reports, said } = await start(t);
  renameSync(path, `${path}.away`);
  await assert.rejects(memory.addMessage(newMessage('lost')), /was moved, deleted or replaced/);
  assert.deepEqual(await contents(memory), []);
  renameSync(`${path}.away`, path);
  await said(2);
  assert.deepEqual(
    reports.map(({ ok }) => ok),
    [false, true],
  );
  await memory.addMessage(newMessage('kept'));
  assert.deepEqual(await contents(memory), ['kept', '']);
});

test('a damaged index fails what needs it, and the rest is served', async (t) => {
  const { path, memory, reports } = await start(t);
  await memory.addMessage(newMessage('before'));
  const search = { query: 'before', limit: 1 };
  assert.equal((await memory.search('ada', 'default', search))?.length, 1);
  const other = new Sqlite(path);
  other.unsafeMode(true);
  // The leaves of the full-text index; what leads to them stays.
  other.exec('DELETE FROM message_index_data WHERE id > 10');
  other.close();
  await assert.rejects(memory.search('ada', 'default', search), /the file is damaged/);
  assert.deepEqual(
    reports.map(({ ok }) => ok),
    [false],
  );
  assert.deepEqual(await contents(memory), ['before', '']);
});

test('where a search cannot even find its channel, it fails alone', async (t) => {
  const { path, memory, reports } = await start(t);
  const other = new Sqlite(path);
  const root = other
    .prepare<[], number>(`SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_channels_1'`)
    .pluck()
    .get();
  other.pragma('wal_checkpoint(TRUNCATE)');
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * ((root ?? 0) - 1));
  closeSync(file);
  // The memory forgets the pages that it has read.
  other.exec(`INSERT INTO token_use VALUES ('b', 2)`);
  other.close();
  await assert.rejects(
    memory.search('ada', 'default', { query: 'before', limit: 1 }),
    /^MemoryError: memory search failed: the file is damaged/,
  );
  assert.deepEqual(
    reports.map(({ ok }) => ok),
    [false],
  );
  assert.equal((await memory.tokensLastUsed()).get('b'), 2);
});

test('a probe a second after the last failure says that the store works again, but never of a damaged one', async (t) => {
  const db = openDatabase(join(await quickDirectory(t), 'a.db'));
  t.after(() => db.close());
  let nowMs = 0;
  const reports: boolean[] = [];
  const health = new StoreHealth(
    db,
    ({ ok }) => reports.push(ok),
    () => nowMs,
  );
  const error = (code: string): Error => Object.assign(new Error('said by SQLite'), { code });
  health.failed(error('SQLITE_CONSTRAINT'));
  assert.deepEqual(reports, []);
  health.failed(error('SQLITE_FULL'));
  nowMs = 900;
  health.failed(error('SQLITE_IOERR_WRITE'));
  nowMs = 1899;
  health.probe();
  assert.deepEqual(reports, [false]);
  nowMs = 1900;
  health.probe();
  health.probe();
  assert.deepEqual(reports, [false, true]);

  health.failed(error('SQLITE_CORRUPT_VTAB'));
  health.failed(error('SQLITE_FULL'));
  nowMs = 1_000_000;
  health.probe();
  assert.deepEqual(reports, [false, true, false]);
});
