import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { indexAll, newMessage, quickDirectory } from './contract-helpers.js';
import { openDatabase } from './database.js';
import { rewriteDatabase } from './rewrite.js';
import { createStore } from './store.js';

const CHANNELS = 12;
const MESSAGES = 60;

test('nothing of deleted channels is left in a database that is written anew', async (t) => {
  const path = join(await quickDirectory(t), 'a.db');
  const db = openDatabase(path);
  const store = createStore(db);
  store.openPrincipal('ada');
  const channelId = (channel: number): string => `c${channel}`;
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const created = { channelId: channelId(channel), name: '', metadata: {}, createdAtMs: 0 };
    store.createChannel('ada', created, 100);
  }
  // Side by side, so that pages of the one hold rows of the others.
  for (let at = 0; at < MESSAGES; at += 1) {
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      const word = `${channel % 2 === 0 ? 'kept' : 'gone'}${channel}x${at}`;
      const content = `${word} ${'and some more '.repeat(at)}`;
      store.addMessage(newMessage(content, { channelId: channelId(channel) }));
    }
    if (at % 10 === 0) indexAll(db);
  }
  for (let channel = 1; channel < CHANNELS; channel += 2) store.deleteChannel('ada', channelId(channel));
  db.close();
  const bytesOf = (file: string): Buffer =>
    statSync(file, { throwIfNoEntry: false }) === undefined ? Buffer.alloc(0) : readFileSync(file);
  assert.ok(bytesOf(path).includes('gone1x1'));

  const { databaseBytes, freedBytes } = rewriteDatabase(path);
  for (const file of [path, `${path}-wal`]) assert.ok(!bytesOf(file).includes('gone'), file);
  assert.equal(databaseBytes, statSync(path).size);
  assert.ok(freedBytes > databaseBytes / 4);
  const after = openDatabase(path);
  t.after(() => after.close());
  indexAll(after);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const found = createStore(after).search('ada', channelId(channel), { query: 'more', limit: 200 });
    assert.equal(found?.length, channel % 2 === 0 ? MESSAGES - 1 : undefined);
  }
});

test('whoever reads the database meanwhile keeps it from being written anew, which is told', async (t) => {
  const path = join(await quickDirectory(t), 'a.db');
  const db = openDatabase(path);
  createStore(db).openPrincipal('ada');
  db.close();
  const other = new Sqlite(path);
  t.after(() => other.close());
  other.exec('BEGIN; SELECT * FROM channels');
  assert.throws(() => rewriteDatabase(path), {
    name: 'MemoryError',
    message: `Another program reads the database ${path}, whose file holds what was deleted until then: end it and try again.`,
  });
});
