import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { openDatabase } from './database.js';
import { SCHEMA_VERSION } from './migrations.js';
import { MemoryError } from './port.js';
import { restoreDatabase } from './restore.js';

/** This file runs from `dist/server/backends/memory`. */
const FIXTURES = join(import.meta.dirname, '../../../../test/fixtures');

const setUp = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-restore-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const backup = join(dir, 'backup.db');
  copyFileSync(join(FIXTURES, 'database-v7.db'), backup);
  return { dir, backup, path: join(dir, 'openclaw.db'), aside: join(dir, 'backups', 'replaced-1') };
};

const channelsOf = (path: string): number => {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.prepare<[], number>('SELECT count(*) FROM channels').pluck().get() ?? 0;
  } finally {
    db.close();
  }
};

test('where there was nothing, the backup is the database, private, and of its own version', (t) => {
  const { dir, backup, path, aside } = setUp(t);
  const { bytes, channels, messages, ...restored } = restoreDatabase(path, backup, aside);
  assert.deepEqual(restored, { schemaVersion: 7, replaced: null });
  assert.deepEqual([bytes, messages > 0, channels], [statSync(backup).size, true, channelsOf(backup)]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readFileSync(path), readFileSync(backup));
  assert.deepEqual(readdirSync(dir).sort(), ['backup.db', 'openclaw.db']);
  openDatabase(path).close();
});

test('what was there is kept, with what stands in its log alone, and that log is not taken for the backup’s', (t) => {
  const { backup, path, aside } = setUp(t);
  // A database that nobody has closed: its last channel is in the log.
  const db = openDatabase(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.exec(
    `INSERT INTO channels (principal, channel_id, name, metadata, created_at_ms) VALUES ('ada', 'late', 'late', '{}', 0)`,
  );
  const log = readFileSync(`${path}-wal`);
  assert.ok(log.length > 0);
  const copies = ['', '-wal'].map((suffix) => [suffix, readFileSync(`${path}${suffix}`)] as const);
  db.close();
  for (const [suffix, bytes] of copies) writeFileSync(`${path}${suffix}`, bytes);

  const { replaced } = restoreDatabase(path, backup, aside);
  assert.equal(replaced, aside);
  assert.equal(statSync(aside).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(aside).sort(), ['openclaw.db', 'openclaw.db-wal']);
  assert.ok(!existsSync(`${path}-wal`));
  assert.deepEqual(readFileSync(path), readFileSync(backup));

  // And back again, with what stands in the log alone.
  const undone = restoreDatabase(path, join(aside, 'openclaw.db'), `${aside}-too`);
  assert.deepEqual([undone.channels, undone.schemaVersion], [1, SCHEMA_VERSION]);
  assert.equal(channelsOf(path), 1);
  assert.deepEqual(readFileSync(join(`${aside}-too`, 'openclaw.db')), readFileSync(backup));
});

test('what is no sound backup is refused in a sentence, and nothing has changed', (t) => {
  const { dir, backup, path, aside } = setUp(t);
  openDatabase(path).close();
  const before = readFileSync(path);
  const file = (name: string, bytes: Buffer | string): string => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  const good = readFileSync(backup);
  const newer = file('newer.db', good);
  const other = file('other.db', '');
  for (const [name, sql] of [
    [newer, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`],
    [other, 'CREATE TABLE notes (text)'],
  ] as const) {
    const db = new Sqlite(name);
    db.exec(sql);
    db.close();
  }
  const damaged = Buffer.from(good);
  damaged.fill(0xa5, 4096 * 3, 4096 * 4);
  for (const [from, sentence] of [
    [join(dir, 'missing.db'), /missing\.db cannot be read \(ENOENT\): name a file that/],
    [dir, /cannot be read \(no file\)/],
    [
      file('notes.txt', 'these are notes and no database'),
      /notes\.txt is not an SQLite database: name a file/,
    ],
    [file('empty.db', ''), /empty\.db is no backup of a gateway/],
    [other, /other\.db is no backup of a gateway/],
    [
      newer,
      new RegExp(`has schema version ${SCHEMA_VERSION + 1} and this program knows only ${SCHEMA_VERSION}: `),
    ],
    [file('damaged.db', damaged), /damaged\.db is damaged \(.+\): take an older backup\.$/],
  ] as const) {
    assert.throws(
      () => restoreDatabase(path, from, aside),
      (error) => error instanceof MemoryError && sentence.test(error.message) && error.message.endsWith('.'),
      String(sentence),
    );
    assert.deepEqual(readFileSync(path), before);
    assert.ok(!existsSync(aside));
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.startsWith('.')),
      [],
    );
  }
});
