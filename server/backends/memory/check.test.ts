import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { checkDatabase } from './check.js';
import { indexAll, newMessage, quickDirectory, replyEnd, replyTo } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { createStore } from './store.js';

/** A closed database with a hundred messages and their replies, after `change`. */
const changed = async (t: TestContext, change: string): Promise<string> => {
  const path = join(await quickDirectory(t), 'a.db');
  const db = openDatabase(path);
  const store = createStore(db);
  store.openPrincipal('ada');
  for (let at = 0; at < 100; at++) {
    const message = newMessage(`message ${at} ${'word '.repeat(50)}`, { messageId: `m${at}` });
    store.addMessage(message);
    store.finishReply(replyTo(message, 2 * at + 1), replyEnd(at % 10 === 0 ? '…' : `answer ${at}`));
  }
  indexAll(db);
  db.pragma('foreign_keys = OFF');
  db.exec(change);
  db.pragma('journal_mode = DELETE');
  db.close();
  return path;
};

/** What is found beside somebody who uses the database, and what alone. */
const found = (path: string) =>
  [true, false].map((readonly) => {
    const db = new Sqlite(path, { readonly });
    try {
      return checkDatabase(db, !readonly).problems.map(({ check, message }) => `${check}: ${message}`);
    } finally {
      db.close();
    }
  });

const UNINDEXED = 'DROP TRIGGER unindex_message';

for (const [what, change, beside, alone] of [
  ['a sound database', '', [], []],
  [
    'messages that the index does not know',
    `DROP TRIGGER index_message; INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content)
       VALUES (1, 201, 'a', 'user', 0, 'lost'), (1, 202, 'b', 'user', 0, '…')`,
    ['index: 1 of the messages are not in the full-text index'],
    ['index: 1 of the messages are not in the full-text index'],
  ],
  [
    'index entries without a message',
    `${UNINDEXED}; DELETE FROM messages WHERE seq > 198`,
    ['index: the full-text index has 2 entries without a message'],
    ['index: the full-text index has 2 entries without a message'],
  ],
  [
    'an index of other words',
    `UPDATE messages SET content = 'entirely different' WHERE seq = 7`,
    [],
    [/^index: .*malformed/],
  ],
  [
    'an index that was made by other rules, and is made anew when a gateway starts',
    `UPDATE messages SET content = 'entirely different' WHERE seq = 7; UPDATE index_rules SET rules = 'other'`,
    [],
    [],
  ],
  [
    'messages of a channel that is not there',
    `INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content) VALUES (99, 1, 'a', 'user', 0, 'x')`,
    ['foreign_keys: messages refers to rows of channels that are not there'],
    ['foreign_keys: messages refers to rows of channels that are not there'],
  ],
] as const) {
  test(`${what}: what a check says`, async (t) => {
    const [besideFound = [], aloneFound = []] = found(await changed(t, change));
    assert.deepEqual(besideFound, beside);
    assert.equal(aloneFound.length, alone.length);
    for (const [at, expected] of alone.entries()) {
      if (typeof expected === 'string') assert.equal(aloneFound[at], expected);
      else assert.match(aloneFound[at] ?? '', expected);
    }
  });
}

test('damaged pages are told, wherever they are, and never thrown', async (t) => {
  // Without free pages, whose damage does no harm.
  const path = await changed(t, 'VACUUM');
  const sound = readFileSync(path);
  const pages = sound.length / 4096;
  for (let page = 1; page < pages; page++) {
    writeFileSync(path, Buffer.from(sound).fill(0xa5, page * 4096, (page + 1) * 4096));
    const [beside = []] = found(path);
    assert.ok(beside.length > 0, `page ${page} of ${pages}`);
    for (const problem of beside) assert.ok(!problem.includes('word'), 'nothing of what was said');
  }
});
