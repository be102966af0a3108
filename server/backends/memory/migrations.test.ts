import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite, { type Database } from 'better-sqlite3';
import { diskDirectory, indexAll, newMessage } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { SCHEMA_VERSION, schemaVersion } from './migrations.js';
import { createStore } from './store.js';

/** This file runs from `dist/server/backends/memory`; `test/fixtures/make-databases.ts` makes what is missing. */
const FIXTURES = join(import.meta.dirname, '../../../../test/fixtures');
const fixtureOf = (version: number): string => join(FIXTURES, `database-v${version}.db`);

/** When everything in the fixtures was written. */
const WRITTEN_MS = Date.UTC(2026, 2, 20, 10, 15, 23);
/** The version that brought summaries. */
const SUMMARIES_VERSION = 5;
const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1);

test('every schema version before this one has left a database', () => {
  assert.deepEqual(
    VERSIONS.filter((version) => version < SCHEMA_VERSION && !existsSync(fixtureOf(version))),
    [],
    'run node dist/test/fixtures/make-databases.js and commit what it makes',
  );
});

for (const version of VERSIONS.filter((each) => existsSync(fixtureOf(each)))) {
  test(`a database of version ${version} is taken to the current one with everything in it`, async (t) => {
    const path = join(await diskDirectory(t), 'a.db');
    copyFileSync(fixtureOf(version), path);
    const before = new Sqlite(path, { readonly: true });
    assert.equal(schemaVersion(before), version);
    before.close();

    const db = openDatabase(path);
    t.after(() => db.close());
    const fresh = openDatabase(`${path}-fresh`);
    t.after(() => fresh.close());
    assert.equal(schemaVersion(db), SCHEMA_VERSION);
    const schema = (of: Database) => of.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
    assert.deepEqual(schema(db), schema(fresh), 'the steps lead to what a new database has');
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    assert.deepEqual(db.pragma('foreign_key_check'), []);
    indexAll(db);
    // Rank 1 compares the index with the messages themselves; it throws where they differ.
    db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);

    const store = createStore(db);
    assert.deepEqual(
      store.openPrincipal('local').map(({ channelId, name }) => [channelId, name]),
      [
        ['default', 'default'],
        ['ch-coding', 'coding'],
      ],
    );
    const [first, coding] = store.listChannels('local');
    assert.deepEqual([first?.messageCount, first?.createdAtMs], [2, WRITTEN_MS]);
    assert.deepEqual([coding?.messageCount, coding?.metadata], [2, { project: 'x' }]);
    const said = (channelId: string) =>
      store
        .history('local', channelId, { before: null, limit: 10, maxBytes: 1024 })
        ?.messages.map(({ seq, messageId, content, finishReason, createdAtMs }) => {
          assert.equal(createdAtMs, WRITTEN_MS);
          return [seq, messageId, content, finishReason];
        });
    assert.deepEqual(said('default'), [
      [1, 'msg-1', 'How is the weather today?', undefined],
      [2, 'msg-1', 'Sunny.', 'stop'],
    ]);
    assert.deepEqual(said('ch-coding'), [
      [1, 'msg-2', 'cut short', undefined],
      [2, 'msg-2', 'half', 'interrupted'],
    ]);
    assert.deepEqual(
      [store.findReply('local', 'msg-1')?.totalTokens, store.findReply('local', 'msg-1')?.durationMs],
      [3, 12],
    );
    const found = ['weather', 'sunny', 'nothing'].map(
      (query) => store.search('local', 'default', { query, limit: 10 })?.length,
    );
    assert.deepEqual(found, [1, 1, 0]);
    assert.deepEqual([...store.tokensLastUsed().values()], [WRITTEN_MS]);
    assert.deepEqual(
      store
        .listNotifications('local', { after: null, limit: 10 })
        .map(({ notificationId, clientId, cron, msg }) => [notificationId, clientId, cron, msg]),
      version < 2
        ? []
        : [
            ['ntf-1', null, null, 'Tea'],
            ['ntf-2', 'phone', '0 9 * * 1-5', 'Stand-up'],
          ],
    );

    // It is of a message older than those that are there.
    const recalled = store.recall('local', 'default', { query: '', beforeSeq: 3, maxTokens: 20 });
    assert.deepEqual(
      recalled.filter(({ role }) => role === 'summary'),
      version < SUMMARIES_VERSION ? [] : [{ seq: 2, role: 'summary', content: 'user: Is it hot?' }],
    );

    const again = newMessage('How is the weather today?', {
      principal: 'local',
      idempotencyKey: 'key-1',
      createdAtMs: WRITTEN_MS + 1,
    });
    const repeated = { outcome: 'repeated', messageId: 'msg-1', channelId: 'default', seq: 1 };
    assert.deepEqual(store.addMessage(again), repeated);
    assert.deepEqual(store.addMessage({ ...again, content: 'another' }), { outcome: 'conflict' });
    assert.deepEqual(store.addMessage({ ...again, idempotencyKey: null }), { outcome: 'stored', seq: 3 });
  });
}

test('an index that was made by other rules is made anew', async (t) => {
  const path = join(await diskDirectory(t), 'a.db');
  copyFileSync(fixtureOf(6), path);
  const before = new Sqlite(path);
  before.exec(
    `DROP TRIGGER index_message;
     INSERT INTO messages (channel, seq, message_id, role, created_at_ms, content)
       VALUES (1, 3, 'msg-9', 'user', 0, 'ผมชอบกินข้าว');
     INSERT INTO message_index (rowid, words) VALUES (last_insert_rowid(), '000001ผมชอบกินข้าว');
     CREATE TRIGGER index_message AFTER INSERT ON messages
    WHEN new.role = 'user' OR new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (rowid, words) VALUES (new.id, index_text(new.channel, new.content));
  END;`,
  );
  before.close();
  const db = openDatabase(path);
  t.after(() => db.close());
  indexAll(db);
  const found = createStore(db).search('local', 'default', { query: 'กินข้าว', limit: 10 });
  assert.equal(found?.length, 1);
  db.exec(
    `DELETE FROM messages; INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`,
  );
});
