import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexAll, quickDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { IndexMerge } from './index-merge.js';

test('pages of the index that removed messages leave empty go, once that is worth it', async (t) => {
  const db = openDatabase(`${await quickDirectory(t)}/a.db`);
  t.after(() => db.close());
  db.exec(
    `INSERT INTO channels (id, principal, channel_id, name, metadata, created_at_ms) VALUES (1, 'ada', 'c', '', '{}', 0)`,
  );
  const insert = db.prepare<[seq: number, content: string]>(
    `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content) VALUES (1, ?, 'm', 'user', 0, ?)`,
  );
  for (let seq = 1; seq <= 100; seq += 1) insert.run(seq, `${'word '.repeat(2000)}${seq}`);
  indexAll(db);
  const pages = (): number =>
    db.prepare<[], number>('SELECT count(*) FROM message_index_data').pluck().get() ?? 0;
  const mergeAll = (merge: IndexMerge): number => {
    let steps = 0;
    while (merge.step()) steps += 1;
    return steps;
  };

  const merge = new IndexMerge(db);
  merge.look();
  assert.equal(mergeAll(merge), 0, 'nothing was removed');
  const full = pages();
  db.exec('DELETE FROM messages WHERE seq <= 20');
  assert.equal(mergeAll(merge), 0, 'too few to be worth it');
  db.exec('DELETE FROM messages WHERE seq <= 90');
  assert.ok(pages() > full / 2, 'they are empty and still there');
  merge.look();
  mergeAll(merge);
  assert.ok(pages() < full / 5, `${pages()} of ${full} pages`);
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  const found = db.prepare(`SELECT count(*) FROM message_index WHERE message_index MATCH '"000001word"'`);
  assert.equal(found.pluck().get(), 10);
  assert.equal(mergeAll(merge), 0, 'that was it');
});

test('what little is removed owes a merge within an hour, and that a longer pause', async (t) => {
  const db = openDatabase(`${await quickDirectory(t)}/a.db`);
  t.after(() => db.close());
  const owe = db.transaction(() => {
    for (let channel = 1; channel <= 40; channel += 1) {
      db.exec(
        `INSERT INTO channels (id, principal, channel_id, name, metadata, created_at_ms)
           VALUES (${channel}, 'ada', 'c${channel}', '', '{}', 0)`,
      );
    }
  });
  owe();
  const insert = db.prepare<[channel: number, seq: number, content: string]>(
    `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content) VALUES (?, ?, 'm', 'user', 0, ?)`,
  );
  // In each channel words of its own; those between two pages of the index are any of them.
  for (let seq = 1; seq <= 30; seq += 1) {
    for (let channel = 1; channel <= 40; channel += 1) {
      insert.run(
        channel,
        seq,
        Array.from({ length: 10 }, (_, at) => `secret${channel}x${seq}x${at}`).join(' '),
      );
    }
    indexAll(db);
  }
  const words = (channel: number): number => {
    const digits = channel.toString(36).padStart(6, '0');
    const separators = db
      .prepare<[], Buffer>('SELECT term FROM message_index_idx')
      .pluck()
      .all()
      .filter((term) => term.toString('latin1').includes(`${digits}s`));
    return separators.length;
  };

  let nowMs = 0;
  const merge = new IndexMerge(db, () => nowMs);
  /** How many rows of the index's tables that has changed. */
  const mergeAll = (): number => {
    const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
    const before = changes.get() ?? 0;
    while (merge.step());
    return (changes.get() ?? 0) - before;
  };
  nowMs += 3_600_000;
  assert.ok(mergeAll() > 0, 'whatever the process before has left');
  assert.ok(words(7) > 0);
  merge.look();
  db.exec('DELETE FROM messages WHERE channel = 7');
  merge.erased();
  assert.ok(words(7) > 0, 'one of forty is not worth a merge');
  assert.equal(mergeAll(), 0);
  nowMs += 3_600_000;
  mergeAll();
  assert.ok(words(7) > 0, 'a single part is not merged');
  insert.run(8, 31, 'another');
  indexAll(db);
  mergeAll();
  assert.equal(words(7), 0, 'it stayed owed');
  assert.ok(words(8) > 0);
  nowMs += 3_600_000;
  insert.run(8, 32, 'another');
  indexAll(db);
  assert.equal(mergeAll(), 0, 'nothing is owed');
});
