/** Looks for damage in a database: its pages, its references, the full-text index, and open replies. */
import Sqlite, { type Database } from 'better-sqlite3';
import { errorText } from './messages.js';
import type { MemoryCheck, MemoryProblem, OpenReply } from './port.js';

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
    return [{ check, message: errorText(error) }];
  }
};

/** Pages, rows, the other indexes, and whether the full-text index is one. */
const integrity = (db: Database): readonly MemoryProblem[] => {
  const found = db.prepare<[], string>(`PRAGMA integrity_check(${MAX_LISTED})`).pluck().all();
  return found
    .filter((message) => message !== 'ok')
    .map((message) => ({ check: /\bFTS5 table\b/.test(message) ? 'index' : 'integrity', message }));
};

const foreignKeys = (db: Database): readonly MemoryProblem[] => {
  const found = db.prepare<[], { table: string; parent: string }>('PRAGMA foreign_key_check').all();
  const tables = new Set(
    found.map(({ table, parent }) => `${table} refers to rows of ${parent} that are not there`),
  );
  return [...tables].map((message) => ({ check: 'foreign_keys', message }));
};

/** Whether the full-text index has an entry for each message that belongs in it, and no other. */
const indexEntries = (db: Database): readonly MemoryProblem[] => {
  const count = (query: string): number => db.prepare<[], number>(query).pluck().get() ?? 0;
  const missing = count(
    'SELECT count(*) FROM indexed_messages WHERE id NOT IN (SELECT id FROM message_index_docsize)',
  );
  const stray = count(
    'SELECT count(*) FROM message_index_docsize WHERE id NOT IN (SELECT id FROM indexed_messages)',
  );
  return [
    ...(missing === 0 ? [] : [`${missing} messages are not in the full-text index`]),
    ...(stray === 0 ? [] : [`the full-text index has ${stray} entries without a message`]),
  ].map((message) => ({ check: 'index', message }));
};

/** Compares every word of the index with the messages. Needs a connection that may write, and writes nothing. */
const indexWords = (db: Database): readonly MemoryProblem[] => {
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

/**
 * Everything that is wrong with a database of the current schema version or an earlier one.
 *
 * @param alone nobody else uses the file, and the connection may write: the index is compared word by word
 * @throws what SQLite throws for any other reason than damage
 */
export const checkDatabase = (db: Database, alone: boolean): MemoryCheck => {
  const problems = [
    ...guarded('integrity', () => integrity(db)),
    ...guarded('integrity', () => foreignKeys(db)),
    ...guarded('index', () => indexEntries(db)),
  ];
  // Where the file itself is damaged, this would only say so again, at length.
  if (alone && problems.length === 0) problems.push(...guarded('index', () => indexWords(db)));
  const damaged = problems.some(({ check }) => check === 'integrity');
  return { problems, openReplies: damaged ? [] : openReplies(db) };
};
