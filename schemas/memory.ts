/** `memory.*`: what a channel remembers (protocol section 4). */
import { Type } from 'typebox';
import { Count, closed, Id, internal, method, PrincipalName, Timestamp } from './define.js';

const head = { target: 'MemorySystem', scope: 'memory' } as const;
const operator = { target: 'MemorySystem', scope: 'admin' } as const;

export const MemoryHit = Type.Object({
  message_id: Id,
  channel: Id,
  role: Type.Enum(['user', 'assistant']),
  content: Type.String(),
  score: Type.Number({ description: 'Higher is better; comparable within one answer only.' }),
  created_at: Timestamp,
});

/** A name and no path: backups stand in one directory. */
export const BackupName = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$',
  description: 'A file name; left out: one that tells the time.',
});

/** Opaque to callers: the gateway's own place in an export. */
export const ExportCursor = Type.String({ pattern: '^[A-Za-z0-9._:-]{1,128}$' });

export const memory = {
  'memory.search': method(
    { ...head, summary: 'Search one Channel’s messages' },
    closed({
      query: Type.String({ minLength: 1, maxLength: 1024 }),
      channel: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    }),
    Type.Object({ results: Type.Array(MemoryHit) }),
  ),
  'memory.recall': internal(
    { ...head, summary: 'Recall relevant memories' },
    closed({ channel: Id, query: Type.String(), tokens: Count }),
    Type.Object({
      messages: Type.Array(
        Type.Object({ seq: Count, role: Type.Enum(['user', 'assistant']), content: Type.String() }),
      ),
    }),
  ),
  'memory.stats': method(
    { ...operator, summary: 'Count what the memory holds' },
    closed({}),
    Type.Object({
      schema_version: Count,
      database_bytes: Count,
      log_bytes: Type.Integer({ minimum: 0, description: 'Of the write-ahead log’s file.' }),
      free_bytes: Type.Integer({
        minimum: 0,
        description: 'Of `database_bytes`; what `memory.vacuum` gives back.',
      }),
      principals: Count,
      channels: Count,
      messages: Type.Integer({ minimum: 0, description: 'Messages and replies together.' }),
      open_replies: Type.Integer({ minimum: 0, description: 'Replies that have not ended.' }),
      notifications: Count,
      oldest_message_at: Type.Union([Timestamp, Type.Null()]),
      newest_message_at: Type.Union([Timestamp, Type.Null()]),
    }),
  ),
  'memory.backup': method(
    { ...operator, summary: 'Copy the database to a file beside it while it is in use', once: true },
    closed({
      name: Type.Optional(BackupName),
      replace: Type.Optional(
        Type.Boolean({ default: false, description: 'Whether an existing backup of that name may go.' }),
      ),
    }),
    Type.Object({
      path: Type.String({ description: 'Absolute, on the gateway’s machine.' }),
      bytes: Count,
      channels: Count,
      messages: Count,
      duration_ms: Count,
    }),
  ),
  'memory.export': method(
    { ...operator, summary: 'Read channels and messages as JSON Lines, a page at a time' },
    closed({
      principal: Type.Optional(PrincipalName),
      channel: Type.Optional(Id),
      after: Type.Optional(ExportCursor),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 500 })),
    }),
    Type.Object({
      lines: Type.Array(Type.String()),
      next: Type.Union([ExportCursor, Type.Null()], {
        description: '`after` for the next page; null: this was the last one.',
      }),
    }),
  ),
  'memory.import': method(
    { ...operator, summary: 'Store lines of an export', once: true },
    closed({ lines: Type.Array(Type.String(), { minItems: 1, maxItems: 1000 }) }),
    Type.Object({
      imported: Count,
      skipped: Type.Integer({ minimum: 0, description: 'Lines whose channel or message is there already.' }),
      errors: Type.Array(
        Type.Object({
          line: Type.Integer({ minimum: 1, description: 'Of this call, counting from 1.' }),
          message: Type.String(),
        }),
      ),
    }),
  ),
  'memory.vacuum': method(
    { ...operator, summary: 'Give free space of the database back to the system' },
    closed({}),
    Type.Object({ database_bytes: Count, freed_bytes: Count }),
  ),
  'memory.check': method(
    { ...operator, summary: 'Look for damage in the database' },
    closed({}),
    Type.Object({
      ok: Type.Boolean(),
      problems: Type.Array(
        Type.Object({
          check: Type.Enum(['integrity', 'foreign_keys', 'index', 'open_replies']),
          message: Type.String(),
          advice: Type.String({ description: 'What to do about it.' }),
        }),
      ),
      duration_ms: Count,
    }),
  ),
};
