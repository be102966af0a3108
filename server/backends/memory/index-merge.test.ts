import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { IndexMerge } from './index-merge.js';

test('pages of the index that removed messages leave empty go, once that is worth it', async (t) => {
  const db = openDatabase(`${await temporaryDirectory(t)}/a.db`);
  t.after(() => db.close());
  db.exec(
    `INSERT INTO channels (id, principal, channel_id, name, metadata, created_at_ms) VALUES (1, 'ada', 'c', '', '{}', 0)`,
  );
  const insert = db.prepare<[seq: number, content: string]>(
    `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content) VALUES (1, ?, 'm', 'user', 0, ?)`,
  );
  for (let seq = 1; seq <= 100; seq += 1) insert.run(seq, `${'word '.repeat(2000)}${seq}`);
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
