/** Looks for damage in a database: its pages, its references, the full-text index, and open replies. */
import Sqlite, { type Database } from 'better-sqlite3';
import { errorText } from './messages.js';
import { addFunctions, indexRules, schemaVersion } from './migrations.js';
import type { MemoryCheck, MemoryProblem, OpenReply } from './port.js';
import { INDEX_RULES } from './search-text.js';

/** Problems that are listed of each kind. */
const MAX_LISTED = 20;
const MAX_OPEN_REPLIES = 1000;

/** A damaged page may make SQLite throw where it should tell. */
const guarded = (
  check: MemoryProblem['check'],
  look: () => readonly MemoryProblem[],
): readonly MemoryProblem[] => {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError) || !/^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)) throw error;
    return [{ check: error.code === 'SQLITE_CORRUPT_VTAB' ? 'index' : check, message: errorText(error) }];
  }
};

/** Pages, rows, the other indexes, and whether the full-text index is one. */
const integrity = (db: Database): readonly MemoryProblem[] => {
  const found = db.prepare<[], string>(`PRAGMA integrity_check(${MAX_LISTED})`).pluck().all();
  return found
    .filter((message) => message !== 'ok')
    .map((message) => ({ check: /\bfts5\b/i.test(message) ? 'index' : 'integrity', message }));
};

const foreignKeys = (db: Database): readonly MemoryProblem[] => {
  const found = db.prepare<[], { table: string; parent: string }>('PRAGMA foreign_key_check').all();
  const tables = new Set(
    found.map(({ table, parent }) => `${table} refers to rows of ${parent} that are not there`),
  );
  return [...tables].map((message) => ({ check: 'foreign_keys', message }));
};

/** The first version in which messages may wait for the index, and that knows by what rules it was made. */
const BACKLOG_VERSION = 8;
/** Has a word for any tokenizer; a message may as well be three dots. */
const HAS_WORD = `content GLOB '*[A-Za-z0-9]*'`;

/** Whether the full-text index knows each message that belongs in it, and no other. Writes to temporary tables alone. */
const indexEntries = (db: Database): readonly MemoryProblem[] => {
  db.exec(
    `CREATE VIRTUAL TABLE temp.index_words USING fts5vocab(main, message_index, instance);
     CREATE TEMP TABLE indexed (id INTEGER PRIMARY KEY);
     INSERT INTO indexed SELECT DISTINCT doc FROM temp.index_words;`,
  );
  // Messages, and replies that have ended.
  const inIndex =
    `(role = 'user' OR finish_reason IS NOT NULL)` +
    (schemaVersion(db) < BACKLOG_VERSION ? '' : ' AND id NOT IN (SELECT message FROM index_backlog)');
  const count = (query: string): number => db.prepare<[], number>(query).pluck().get() ?? 0;
  const missing = count(
    `SELECT count(*) FROM messages WHERE ${inIndex} AND ${HAS_WORD} AND id NOT IN (SELECT id FROM indexed)`,
  );
  const stray = count(
    `SELECT count(*) FROM indexed WHERE id NOT IN (SELECT id FROM messages WHERE ${inIndex})`,
  );
  return [
    ...(missing === 0 ? [] : [`${missing} of the messages are not in the full-text index`]),
    ...(stray === 0 ? [] : [`the full-text index has ${stray} entries without a message`]),
  ].map((message) => ({ check: 'index', message }));
};

/**
 * Compares every word of the index with the messages. Needs a connection that may write, and writes nothing. An index
 * that was made by other rules has other words, and is made anew when the database is opened.
 */
const indexWords = (db: Database): readonly MemoryProblem[] => {
  if (schemaVersion(db) < BACKLOG_VERSION || indexRules(db) !== INDEX_RULES) return [];
  addFunctions(db);
  db.exec(`INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)`);
  return [];
};

const openReplies = (db: Database): readonly OpenReply[] =>
  db
    .prepare<[], OpenReply>(
      `SELECT principal, message_id AS messageId, messages.created_at_ms AS createdAtMs
       FROM messages JOIN channels ON channels.id = messages.channel
       WHERE role = 'assistant' AND finish_reason IS NULL AND principal IS NOT NULL
       ORDER BY messages.id LIMIT ${MAX_OPEN_REPLIES}`,
    )
    .all();

/** What makes the contents of a database doubtful. @throws like {@link checkDatabase} */
export const checkContents = (db: Database): readonly MemoryProblem[] => [
  ...guarded('integrity', () => integrity(db)),
  ...guarded('integrity', () => foreignKeys(db)),
];

/**
 * Everything that is wrong with a database of the current schema version or an earlier one.
 *
 * @param alone nobody else uses the file, and the connection may write: the index is compared word by word
 * @throws what SQLite throws for any other reason than damage
 */
export const checkDatabase = (db: Database, alone: boolean): MemoryCheck => {
  const problems = [...checkContents(db), ...guarded('index', () => indexEntries(db))];
  // Where the file itself is damaged, this would only say so again, at length.
  if (alone && problems.length === 0) problems.push(...guarded('index', () => indexWords(db)));
  const damaged = problems.some(({ check }) => check === 'integrity');
  return { problems, openReplies: damaged ? [] : openReplies(db) };
};
