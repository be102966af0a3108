/** What a database holds, counted. */
import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { schemaVersion } from './migrations.js';
import type { MemoryStats } from './port.js';

/** Of every database since schema version 1; channels that are being erased belong to nobody. */
const MESSAGES = `SELECT count(*) FROM messages JOIN channels ON channels.id = messages.channel WHERE principal IS NOT NULL`;
const CHANNELS = 'SELECT count(*) FROM channels WHERE principal IS NOT NULL';

const numberOf = (db: Database, query: string): number => db.prepare<[], number>(query).pluck().get() ?? 0;

/** What a copy of the database must hold, too. */
export const countContents = (db: Database): { readonly channels: number; readonly messages: number } => ({
  channels: numberOf(db, CHANNELS),
  messages: numberOf(db, MESSAGES),
});

/** Time of each channel's first or last message: there is no index of times, and there are few channels. */
const messageTime = (db: Database, choose: 'min' | 'max'): number | null =>
  db
    .prepare<[], number | null>(
      `SELECT ${choose}(created_at_ms) FROM (
         SELECT (SELECT created_at_ms FROM messages WHERE channel = channels.id
           ORDER BY seq ${choose === 'min' ? 'ASC' : 'DESC'} LIMIT 1) AS created_at_ms
         FROM channels WHERE principal IS NOT NULL)`,
    )
    .pluck()
    .get() ?? null;

/** Counts on a connection of its own to the database at `path`; any schema version will do. */
export const readStats = (db: Database, path: string): MemoryStats => {
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  const version = schemaVersion(db);
  return {
    schemaVersion: version,
    databaseBytes: Number(db.pragma('page_count', { simple: true })) * pageBytes,
    logBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    freeBytes: Number(db.pragma('freelist_count', { simple: true })) * pageBytes,
    principals: numberOf(db, 'SELECT count(DISTINCT principal) FROM channels'),
    ...countContents(db),
    openReplies: numberOf(db, `${MESSAGES} AND role = 'assistant' AND finish_reason IS NULL`),
    notifications: version < 2 ? 0 : numberOf(db, 'SELECT count(*) FROM notifications'),
    oldestMessageAtMs: messageTime(db, 'min'),
    newestMessageAtMs: messageTime(db, 'max'),
  };
};
